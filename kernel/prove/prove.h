/* SPDX-License-Identifier: GPL-2.0-only */
/* The DMA engines that the kernel knows, for rstmem_prove. */
#ifndef _RSTMEM_PROVE_H
#define _RSTMEM_PROVE_H

#ifdef CONFIG_DMA_ENGINE
void prove_dmaengine_init(void);
void prove_dmaengine_exit(void);
#else
static inline void prove_dmaengine_init(void)
{
}

static inline void prove_dmaengine_exit(void)
{
}
#endif

#endif /* _RSTMEM_PROVE_H */
