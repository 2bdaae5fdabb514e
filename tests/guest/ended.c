// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ids that ended: no new call finds one, even while older calls with it still run, and
 * the memory comes back when these end. If calls could still find the id, threads whose
 * calls overlap would keep it for ever.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "../support/ktap.h"
#include "../support/tee.h"
#include <linux/tee_rstmem_services.h>

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define SIZE	(4 * MIB)
#define THREADS	4

static const uint8_t digest_uuid[16] = RSTMEM_SVC_DIGEST_UUID;
static int tee, id;
static atomic_bool ended;
static atomic_int calls, late, wrong;

static void *caller(void *unused)
{
	uint32_t session = tee_service(tee, digest_uuid), ret, origin;
	struct tee_mem mem;
	int rc;

	(void)unused;
	tee_mem_alloc(tee, 4096, &mem);
	for (;;) {
		struct tee_ioctl_param params[4] = {
			tee_in(id, 0, SIZE), tee_out(mem.id, 0, 32),
			TEE_NONE, TEE_NONE,
		};
		bool was_ended = ended;

		rc = tee_invoke(tee, session, RSTMEM_SVC_DIGEST_SHA256, 0, params,
				4, &ret, &origin);
		if (rc)
			break;
		calls++;
		/* Bounded, so that an id that does not end fails and does not hang. */
		if (was_ended && ++late > 100)
			break;
	}
	if (rc != -EINVAL)
		wrong++;
	tee_mem_free(&mem);
	tee_close_session(tee, session);
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	int buf, n;

	ktap_start();
	tee = tee_open(SOFTTEE_IMPL_ID);
	buf = tee_rstmem(tee, VIDEO, SIZE, &id);
	for (n = 0; n < THREADS; n++)
		pthread_create(&threads[n], NULL, caller, NULL);
	while (calls < 2 * THREADS)
		usleep(1000);
	close(buf);
	ended = true;
	for (n = 0; n < THREADS; n++)
		pthread_join(threads[n], NULL);
	ktap_eq(late, 0, "id: no call that begins after its end finds it");
	ktap_eq(wrong, 0, "id: a call with an ended id fails: EINVAL");
	ktap_eq(tee_used(tee, VIDEO), 0,
		"id: the memory is back when the last call has returned");
	close(tee);
	return ktap_end();
}
