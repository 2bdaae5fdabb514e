# SPDX-License-Identifier: GPL-2.0-only
SUMMARY = "Restricted memory for TEE devices: kernel modules"
LICENSE = "GPL-2.0-only"
LIC_FILES_CHKSUM = "file://LICENSES/GPL-2.0;md5=b234ee4d69f5fce4486a80fdaf4a4263"

inherit module

SRC_URI = "${RSTMEM_GIT}"
SRCREV = "${AUTOREV}"
PV = "0.3.0+git"
S = "${WORKDIR}/git"

# kbuild is started in the kernel's tree. The Makefile of the top is for people.
EXTRA_OEMAKE += "-C ${STAGING_KERNEL_DIR} M=${S}/kernel"
MAKE_TARGETS = "modules"
MODULES_MODULE_SYMVERS_LOCATION = "kernel"

# The backend, at boot. tee_rstmem and rstmem_heap are loaded with it.
KERNEL_MODULE_AUTOLOAD += "optee_rstmem"
KERNEL_MODULE_PROBECONF += "optee_rstmem"
module_conf_optee_rstmem = "options optee_rstmem use_cases=secure-video"
