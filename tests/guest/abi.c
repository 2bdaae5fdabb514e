// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ABI of the TEE device, to a program that uses <linux/tee.h> and the project's
 * uapi header only. Built for 64 and for 32 bits.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../../conform/cases.h"
#include "../../include/tee_gp.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY

static_assert(sizeof(struct tee_ioctl_rstmem_alloc_data) == 24,
	      "24 bytes in every ABI");
static_assert(sizeof(struct tee_ioctl_rstmem_query) ==
	      TEE_IOC_RSTMEM_QUERY_SIZE_VER1, "72 bytes in every ABI");
static_assert(sizeof(struct tee_ioctl_rstmem_fd_info) ==
	      TEE_IOC_RSTMEM_FD_INFO_SIZE_VER0, "the first version");
static_assert(sizeof(struct tee_ioctl_shm_register_fd_data) == 24,
	      "24 bytes in every ABI");
static_assert(TEE_IOC_RSTMEM_ALLOC == 0xc018a40a, "the command's number");
static_assert(TEE_IOC_SHM_REGISTER_FD == 0xc018a408, "mainline's number");

static size_t page;	/* a granule of the pool */

static int count_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_version(int tee)
{
	struct tee_ioctl_version_data vers;

	ktap(!ioctl(tee, TEE_IOC_VERSION, &vers), "version: is told");
#ifdef TEE_GEN_CAP_RSTMEM
	/* Since 6.17 the bit means TEE_GEN_CAP_OBJREF, which softtee lacks. */
	ktap(!(vers.gen_caps & TEE_GEN_CAP_RSTMEM) == guest_since(6, 17),
	     "version: has TEE_GEN_CAP_RSTMEM before 6.17, and not since");
#endif
	ktap(vers.gen_caps & TEE_GEN_CAP_GP && vers.gen_caps & TEE_GEN_CAP_REG_MEM,
	     "version: has the stock GP and REG_MEM capabilities");
	ktap(ioctl(tee, TEE_IOC_VERSION, (void *)8) == -1 && errno == EFAULT,
	     "version: a bad pointer fails: EFAULT");
}

static void test_alloc(int tee)
{
	struct tee_ioctl_rstmem_alloc_data data = {
		.size = page + 1000,
		.use_case = VIDEO,
	};
	int fds = count_fds(), fd, second, id;
	struct stat st;

	fd = ioctl(tee, TEE_IOC_RSTMEM_ALLOC, &data);
	if (!ktap(fd >= 0, "alloc: returns a descriptor"))
		ktap_bail("TEE_IOC_RSTMEM_ALLOC: %s", strerror(errno));
	ktap_eq(data.size, 2 * page, "alloc: writes back the rounded size");
	ktap_eq(data.flags, 0, "alloc: writes back flags of 0");
	ktap(data.id > 0, "alloc: writes back a positive id");
	ktap_eq(data.use_case, VIDEO, "alloc: leaves the use case unchanged");
	ktap(fcntl(fd, F_GETFD) & FD_CLOEXEC,
	     "alloc: the descriptor is O_CLOEXEC");
	ktap((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR,
	     "alloc: the descriptor is O_RDWR");
	ktap_eq(lseek(fd, 0, SEEK_END), 2 * page,
		"dma-buf: its size is the one written back");
	ktap(!fstat(fd, &st), "dma-buf: fstat succeeds");
	ktap_eq(tee_used(tee, VIDEO), 2 * page,
		"query: counts the rounded size as used");
	ktap_eq(tee_buffers(tee, VIDEO), 1, "query: counts one buffer");
	second = tee_rstmem(tee, VIDEO, 1, &id);
	ktap(second >= 0 && id != data.id,
	     "alloc: a second buffer has another id");
	ktap_eq(tee_used(tee, VIDEO), 3 * page,
		"query: adds up the sizes of two buffers");
	close(second);
	close(fd);
	ktap_eq(tee_used(tee, VIDEO), 0,
		"query: counts nothing as used after close");
	ktap_eq(count_fds(), fds, "alloc: no descriptor is left after close");
}

static void test_refused(int tee, const char *name,
			 const struct tee_ioctl_rstmem_alloc_data *arg, int error)
{
	struct tee_ioctl_rstmem_alloc_data data = *arg;
	int fds = count_fds(), rc;

	rc = ioctl(tee, TEE_IOC_RSTMEM_ALLOC, &data);
	ktap(rc == -1 && errno == error && !memcmp(&data, arg, sizeof(data)) &&
	     count_fds() == fds && !tee_used(tee, VIDEO),
	     "alloc: refuses %s: %s, and writes and leaves nothing",
	     name, strerror(error));
	if (rc >= 0)
		close(rc);
}

static void test_errors(int tee)
{
	/* These exceed the pools of the lab. */
	static const struct {
		const char *name;
		struct tee_ioctl_rstmem_alloc_data data;
	} too_large[] = {
		{ "size of 52 bits", { .size = 1ULL << 52, .use_case = VIDEO } },
		{ "size 4 GiB", { .size = 1ULL << 32, .use_case = VIDEO } },
		{ "size 4 GiB and a page", { .size = (1ULL << 32) + 4096,
					     .use_case = VIDEO } },
	};
	struct tee_ioctl_rstmem_query query;
	size_t n;

	static_assert(CASE_USE_CASE == VIDEO, "the cases use this use case");
	tee_query(tee, VIDEO, &query);
	for (n = 0; n < sizeof(tee_cases) / sizeof(*tee_cases); n++)
		test_refused(tee, tee_cases[n].name, &tee_cases[n].data,
			     tee_cases[n].error);
	for (n = 0; n < sizeof(too_large) / sizeof(*too_large); n++)
		test_refused(tee, too_large[n].name, &too_large[n].data, ENOMEM);
	ktap_eq(tee_rstmem(tee, VIDEO, query.total + 1, NULL), -ENOMEM,
		"alloc: refuses one byte more than the pool: ENOMEM");
}

static void test_full(int tee)
{
	struct tee_ioctl_rstmem_query query;
	int fd;

	tee_query(tee, VIDEO, &query);
	fd = tee_rstmem(tee, VIDEO, query.largest_free, NULL);
	ktap(fd >= 0, "full pool: the largest free extent can be allocated");
	ktap_eq(tee_rstmem(tee, VIDEO, 1, NULL), -ENOMEM,
		"full pool: refuses one byte: ENOMEM");
	tee_query(tee, VIDEO, &query);
	ktap(query.used == query.total && !query.largest_free,
	     "full pool: the query tells all used and no free extent");
	close(fd);
	fd = tee_rstmem(tee, VIDEO, 1, NULL);
	ktap(fd >= 0, "full pool: allocates again after close");
	close(fd);
}

static void test_fault(int tee)
{
	struct tee_ioctl_rstmem_alloc_data *data;
	int fds = count_fds(), fd, next, rc;
	char *mem;

	rc = ioctl(tee, TEE_IOC_RSTMEM_ALLOC, NULL);
	ktap(rc == -1 && errno == EFAULT, "alloc: refuses NULL: EFAULT");

	/* Readable but not writable: the copy back to user space fails. */
	mem = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	data = (void *)mem;
	data->size = page;
	data->use_case = VIDEO;
	next = dup(0);
	close(next);
	mprotect(mem, page, PROT_READ);
	rc = ioctl(tee, TEE_IOC_RSTMEM_ALLOC, data);
	ktap(rc == -1 && errno == EFAULT,
	     "alloc: refuses read-only memory: EFAULT");
	ktap(!tee_used(tee, VIDEO), "alloc: a failed copy leaves no memory");
	ktap(count_fds() == fds, "alloc: a failed copy leaves no descriptor");
	fd = dup(0);
	ktap_eq(fd, next, "alloc: a failed copy reserves no descriptor");
	close(fd);

	/* The last bytes lie in an unmapped page. */
	mprotect(mem, page, PROT_READ | PROT_WRITE);
	munmap(mem + page, page);
	data = (void *)(mem + page - 16);
	data->size = page;
	data->use_case = VIDEO;
	data->flags = 0;
	rc = ioctl(tee, TEE_IOC_RSTMEM_ALLOC, data);
	ktap(rc == -1 && errno == EFAULT && !tee_used(tee, VIDEO),
	     "alloc: refuses half unmapped memory: EFAULT, and allocates nothing");
	munmap(mem, page);
}

static void test_no_fd(int tee)
{
	struct rlimit limit, none;
	int rc;

	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	rc = tee_rstmem(tee, VIDEO, page, NULL);
	setrlimit(RLIMIT_NOFILE, &limit);
	ktap_eq(rc, -EMFILE, "alloc: fails without a free descriptor: EMFILE");
	ktap(!tee_used(tee, VIDEO),
	     "alloc: without a free descriptor allocates nothing");
}

static void test_query(int tee)
{
	/* A newer program: the structure has 16 bytes more. */
	struct {
		struct tee_ioctl_rstmem_query query;
		uint64_t more[2];
	} large = { .query.use_case = VIDEO };
	const unsigned long large_cmd =
		_IOC(_IOC_READ | _IOC_WRITE, TEE_IOC_MAGIC,
		     _IOC_NR(TEE_IOC_RSTMEM_QUERY), sizeof(large));
	struct tee_ioctl_rstmem_query query;

	ktap(!tee_query(tee, TEE_IOC_UC_RESERVED, &query) &&
	     query.use_cases == target()->use_cases && !query.total,
	     "query: tells the use cases of the device");
	ktap(!tee_query(tee, VIDEO, &query), "query: succeeds for a use case");
	ktap_eq(query.granule, page, "query: tells the granule");
	ktap_eq(query.total, target()->total,
		"query: tells the size of the pool");
	ktap_eq(query.used, 0, "query: tells no used bytes in an empty pool");
	ktap_eq(query.largest_free, query.total,
		"query: tells an empty pool free in one piece");
	ktap_eq(query.caps, target()->caps,
		"query: tells the scrub and protect capabilities");
	if (target_offers(TEE_IOC_UC_TRUSTED_UI))
		ktap(!tee_query(tee, TEE_IOC_UC_TRUSTED_UI, &query) &&
		     query.total == 16 * MIB,
		     "query: tells another pool for another use case");
	else
		ktap_skip("query: tells another pool for another use case",
			  "this TEE has one use case");
	ktap_eq(tee_query(tee, 4, &query), -EINVAL,
		"query: refuses use case 4, which is not offered: EINVAL");
	ktap_eq(tee_query(tee, 64, &query), -EINVAL,
		"query: refuses use case 64: EINVAL");
	ktap_eq(tee_query(tee, 0xffffffff, &query), -EINVAL,
		"query: refuses use case 2^32-1: EINVAL");

	query = (struct tee_ioctl_rstmem_query){ .use_case = VIDEO,
						 .flags = 1 };
	ktap(ioctl(tee, TEE_IOC_RSTMEM_QUERY, &query) == -1 && errno == EINVAL,
	     "query: refuses an unknown flag: EINVAL");
	ktap(ioctl(tee, TEE_IOC_RSTMEM_QUERY, (void *)8) == -1 &&
	     errno == EFAULT, "query: refuses a bad pointer: EFAULT");
	ktap(!ioctl(tee, large_cmd, &large) && large.query.total == target()->total,
	     "query: accepts a larger structure with a tail of zeros");
	large.more[1] = 1;
	ktap(ioctl(tee, large_cmd, &large) == -1 && errno == E2BIG,
	     "query: refuses a larger structure with another tail: E2BIG");
	ktap(ioctl(tee, _IOC(_IOC_READ | _IOC_WRITE, TEE_IOC_MAGIC,
			     _IOC_NR(TEE_IOC_RSTMEM_QUERY),
			     TEE_IOC_RSTMEM_QUERY_SIZE_VER0 - 8), &query) == -1 &&
	     errno == EINVAL,
	     "query: refuses a structure below the first version: EINVAL");
	ktap(ioctl(tee, _IOC(_IOC_READ, TEE_IOC_MAGIC,
			     _IOC_NR(TEE_IOC_RSTMEM_QUERY),
			     sizeof(query)), &query) == -1 && errno == EINVAL,
	     "query: refuses its number with another direction: EINVAL");
}

/* The id works as a memory reference, in its own context only. */
static void test_id(int tee)
{
	static const uint8_t uuid[] = RSTMEM_SVC_CIPHER_UUID;
	struct tee_ioctl_param params[3];
	int other = target_open();
	struct tee_mem in, in2;
	uint32_t session, session2, ret;
	int buf, id, rc;

	buf = tee_rstmem(tee, VIDEO, 2 * page, &id);
	session = tee_service(tee, uuid);
	tee_mem_alloc(tee, page, &in);

	params[0] = tee_in(in.id, 0, 32);
	params[1] = tee_in(in.id, 32, 16);
	ktap_eq(tee_call(tee, session, RSTMEM_SVC_CIPHER_SET_KEY, params, 2),
		TEEC_SUCCESS, "id: the cipher service takes a key beside it");
	params[0] = tee_in(in.id, 0, page);
	params[1] = tee_out(id, 100, page);
	params[2] = tee_value(0, 0);
	ktap_eq(tee_call(tee, session, RSTMEM_SVC_CIPHER_UPDATE, params, 3),
		TEEC_SUCCESS,
		"id: the cipher service decrypts into the buffer");

	params[1] = tee_out(id, page + 1, page);
	rc = tee_invoke(tee, session, RSTMEM_SVC_CIPHER_UPDATE, 0, params, 3,
			&ret, NULL);
	ktap_eq(rc, -EINVAL,
		"id: a range beyond the buffer is refused: EINVAL");
	params[1] = tee_out(id, UINT64_MAX - 100, 200);
	rc = tee_invoke(tee, session, RSTMEM_SVC_CIPHER_UPDATE, 0, params, 3,
			&ret, NULL);
	ktap_eq(rc, -EINVAL, "id: a range that wraps is refused: EINVAL");

	session2 = tee_service(other, uuid);
	tee_mem_alloc(other, page, &in2);
	params[0] = tee_in(in2.id, 0, 16);
	params[1] = tee_out(id, 0, 16);
	rc = tee_invoke(other, session2, RSTMEM_SVC_CIPHER_UPDATE, 0, params, 3,
			&ret, NULL);
	ktap_eq(rc, -EINVAL, "id: is unknown in another context: EINVAL");

	close(buf);
	params[0] = tee_in(in.id, 0, 16);
	params[1] = tee_out(id, 0, 16);
	rc = tee_invoke(tee, session, RSTMEM_SVC_CIPHER_UPDATE, 0, params, 3,
			&ret, NULL);
	ktap_eq(rc, -EINVAL, "id: ends with its dma-buf: EINVAL");

	tee_mem_free(&in2);
	tee_mem_free(&in);
	close(other);
	ktap_eq(tee_used(tee, VIDEO), 0,
		"id: a TEE call leaves no memory in use");
}

/* Errors of the two commands that take a descriptor. */
static void test_bad_fds(int tee, const char *name,
			 int (*try)(int tee, int64_t fd), int of_foreign)
{
	static const struct {
		const char *name;
		int64_t fd;
	} bad[] = {
		{ "-1", -1 },
		{ "-2^63", INT64_MIN },
		{ "2^31", 1LL << 31 },
		{ "2^63-1", INT64_MAX },
		{ "closed", 200 },
	};
	int fds = count_fds(), foreign = guest_udmabuf(), file = open("/", O_RDONLY);
	size_t n;

	for (n = 0; n < sizeof(bad) / sizeof(*bad); n++)
		ktap_eq(try(tee, bad[n].fd), -EBADF,
			"%s: refuses descriptor %s: EBADF",
			name, bad[n].name);
	/* Cut to 32 bits this is an open descriptor. */
	ktap_eq(try(tee, 1LL << 32 | foreign), -EBADF,
		"%s: refuses 2^32 plus an open descriptor: EBADF", name);
	ktap_eq(try(tee, file), -EINVAL,
		"%s: refuses a directory: EINVAL", name);
	ktap_eq(try(tee, tee), -EINVAL,
		"%s: refuses the TEE file: EINVAL", name);
	ktap_eq(try(tee, foreign), of_foreign,
		"%s: refuses a dma-buf of another exporter: %s",
		name, strerror(-of_foreign));
	close(file);
	close(foreign);
	ktap_eq(count_fds(), fds,
		"%s: refused descriptors leave none open", name);
}

static int try_register(int tee, int64_t fd)
{
	return tee_register_fd(tee, fd, NULL);
}

static void test_register(int tee)
{
	struct tee_ioctl_shm_register_fd_data data = {}, *ro;
	int other = target_open(), fds = count_fds();
	int buf, id, reg, second, rc, second_id;
	struct rlimit limit, none;

	buf = tee_rstmem(tee, VIDEO, page + 1000, &id);
	data.fd = buf;
	reg = ioctl(other, TEE_IOC_SHM_REGISTER_FD, &data);
	ktap(reg >= 0 && data.id > 0,
	     "register: another context registers a buffer");
	ktap(data.size == 2 * page && !data.flags && data.fd == buf,
	     "register: writes back size, flags and descriptor");
	ktap(reg != buf && fcntl(reg, F_GETFD) & FD_CLOEXEC,
	     "register: returns a new descriptor, O_CLOEXEC");
	ktap(mmap(NULL, page, PROT_READ, MAP_SHARED, reg, 0) == MAP_FAILED &&
	     mmap(NULL, page, PROT_READ, MAP_PRIVATE, reg, 0) == MAP_FAILED,
	     "register: its descriptor cannot be mapped");
	ktap(read(reg, &rc, 1) == -1 && write(reg, &rc, 1) == -1,
	     "register: its descriptor cannot be read or written");
	ktap_eq(tee_register_fd(other, reg, NULL), -EINVAL,
		"register: refuses the descriptor of a registration: EINVAL");
	second = tee_register_fd(other, buf, &second_id);
	ktap(second >= 0 && second_id != data.id && second_id != id,
	     "register: a second registration has another id");
	close(second);
	second = tee_register_fd(tee, buf, &second_id);
	ktap(second >= 0 && second_id != id,
	     "register: the context of the allocation registers its buffer");
	close(second);
	ktap_eq(tee_used(tee, VIDEO), 2 * page,
		"query: counts a registered buffer once");

	data = (struct tee_ioctl_shm_register_fd_data){ .fd = buf, .flags = 1 };
	rc = ioctl(other, TEE_IOC_SHM_REGISTER_FD, &data);
	ktap(rc == -1 && errno == EINVAL,
	     "register: refuses an unknown flag: EINVAL");
	rc = ioctl(other, TEE_IOC_SHM_REGISTER_FD, NULL);
	ktap(rc == -1 && errno == EFAULT, "register: refuses NULL: EFAULT");

	ro = mmap(NULL, page, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ro->fd = buf;
	mprotect(ro, page, PROT_READ);
	rc = ioctl(other, TEE_IOC_SHM_REGISTER_FD, ro);
	ktap(rc == -1 && errno == EFAULT,
	     "register: refuses read-only memory: EFAULT");
	munmap(ro, page);

	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	rc = tee_register_fd(other, buf, NULL);
	setrlimit(RLIMIT_NOFILE, &limit);
	ktap_eq(rc, -EMFILE,
		"register: fails without a free descriptor: EMFILE");

	close(reg);
	close(buf);
	ktap_eq(count_fds(), fds,
		"register: no descriptor is left after close");
	ktap_eq(tee_used(tee, VIDEO), 0,
		"register: no memory is left after close");
	close(other);
	/* Since 6.18 the stock command handles dma-bufs of other exporters. */
	test_bad_fds(tee, "register", try_register,
		     guest_since(6, 18) ? -EINVAL : -EOPNOTSUPP);
}

static int try_info(int tee, int64_t fd)
{
	struct tee_ioctl_rstmem_fd_info info;

	return tee_fd_info(tee, fd, &info);
}

static void test_fd_info(int tee)
{
	struct {
		struct tee_ioctl_rstmem_fd_info info;
		uint64_t more[2];
	} large = {};
	const unsigned long large_cmd =
		_IOC(_IOC_READ | _IOC_WRITE, TEE_IOC_MAGIC,
		     _IOC_NR(TEE_IOC_RSTMEM_FD_INFO), sizeof(large));
	struct tee_ioctl_rstmem_fd_info info;
	uint32_t use_case = target_offers(TEE_IOC_UC_TRUSTED_UI) ?
			    TEE_IOC_UC_TRUSTED_UI : VIDEO;
	int buf = tee_rstmem(tee, use_case, page + 1000, NULL), rc;
	int other = target_open();

	ktap(!tee_fd_info(other, buf, &info) && info.size == 2 * page &&
	     info.use_case == use_case && !info.flags &&
	     info.device == 0 && !info.pad,
	     "info: any TEE file tells size, use case and device of a buffer");
	close(other);
	info = (struct tee_ioctl_rstmem_fd_info){ .fd = buf, .flags = 1 };
	rc = ioctl(tee, TEE_IOC_RSTMEM_FD_INFO, &info);
	ktap(rc == -1 && errno == EINVAL,
	     "info: refuses an unknown flag: EINVAL");
	info = (struct tee_ioctl_rstmem_fd_info){ .fd = buf, .pad = 1 };
	rc = ioctl(tee, TEE_IOC_RSTMEM_FD_INFO, &info);
	ktap(rc == -1 && errno == EINVAL,
	     "info: refuses non-zero padding: EINVAL");
	ktap(ioctl(tee, TEE_IOC_RSTMEM_FD_INFO, (void *)8) == -1 &&
	     errno == EFAULT, "info: refuses a bad pointer: EFAULT");
	large.info.fd = buf;
	ktap(!ioctl(tee, large_cmd, &large) && large.info.size == 2 * page,
	     "info: accepts a larger structure with a tail of zeros");
	large.info = (struct tee_ioctl_rstmem_fd_info){ .fd = buf };
	large.more[1] = 1;
	ktap(ioctl(tee, large_cmd, &large) == -1 && errno == E2BIG,
	     "info: refuses a larger structure with another tail: E2BIG");
	ktap(ioctl(tee, _IOC(_IOC_READ | _IOC_WRITE, TEE_IOC_MAGIC,
			     _IOC_NR(TEE_IOC_RSTMEM_FD_INFO),
			     TEE_IOC_RSTMEM_FD_INFO_SIZE_VER0 - 8), &info) == -1 &&
	     errno == EINVAL,
	     "info: refuses a structure below the first version: EINVAL");
	close(buf);
	test_bad_fds(tee, "info", try_info, -EOPNOTSUPP);
}

/* Other commands still reach the stock core. */
static void test_stock(int tee)
{
	ktap(ioctl(tee, _IO(TEE_IOC_MAGIC, 200), 0) == -1 && errno == EINVAL,
	     "stock core: an unknown ioctl fails: EINVAL");
	/* TEE_IOC_OBJECT_INVOKE of 6.17: the same number, another command. */
	ktap(ioctl(tee, _IOR(TEE_IOC_MAGIC, TEE_IOC_BASE + 10,
			     struct tee_ioctl_buf_data), 0) == -1 &&
	     errno == EINVAL,
	     "stock core: ioctl 10 of another size fails: EINVAL");
	ktap(ioctl(tee, TEE_IOC_SUPPL_RECV, 0) == -1 && errno == EINVAL,
	     "stock core: receiving as a supplicant fails: EINVAL");
}

int main(void)
{
	int tee;

	ktap_start();
	page = sysconf(_SC_PAGESIZE);
	ktap_note("%zu-bit program", 8 * sizeof(long));
	tee = target_open();
	test_version(tee);
	test_alloc(tee);
	test_errors(tee);
	test_full(tee);
	test_fault(tee);
	test_no_fd(tee);
	test_query(tee);
	test_id(tee);
	test_register(tee);
	test_fd_info(tee);
	test_stock(tee);
	return ktap_end();
}
