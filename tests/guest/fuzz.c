// SPDX-License-Identifier: GPL-2.0-only
/*
 * Model-based fuzzing: sequences of operations, valid and hostile, by processes that
 * pass their descriptors on, fork and are killed, while the module is unloaded and the
 * device removed. After each operation the result, the pools and the descriptors of
 * all processes must match a small model.
 *
 *	fuzz [-s SEED] [-r SEQUENCES | -t SECONDS] [-n OPS] [-c]
 *	fuzz -s SEED -n OPS -k INDEX,...
 *
 * The first form plays SEQUENCES of OPS operations, numbered from SEED on, and goes on,
 * up to four times SEQUENCES, until every kind of operation was played. With -t it plays
 * as many as SECONDS allow. It shrinks the first sequence that fails to the operations
 * that the failure needs. Before that it breaks the model and checks that sequences fail.
 * The second form replays operations of a sequence. -c prints the code reached (KCOV), and
 * neither unloads modules nor breaks the model.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../fuzz/actor.h"
#include "../fuzz/cover.h"
#include "../fuzz/model.h"
#include "../fuzz/op.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

#define MAX_OPS		400
#define USE_CASES	3
/* Runs that shrinking may take. */
#define MAX_TRIES	200
/* The longest sequence that may be left after shrinking. */
#define SHORT		12

/* The result of a sequence, from the process that played it. */
static struct result {
	unsigned int done, skipped, ops, kinds[OP_KINDS];
	int failed_at;
	char what[256], op[128];
} *result;

static bool covered;
static char pools[256];

/* The actors of the playing process, and their descriptors at the start. */
static pid_t pids[ACTORS];
static unsigned int base[ACTORS];
static int watch = -1;

static bool wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static bool wrong(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(result->what, sizeof(result->what), fmt, args);
	va_end(args);
	return false;
}

static void tell_model(void)
{
	struct tee_ioctl_rstmem_query query;
	uint32_t uc;

	if (watch < 0 && model_device())
		watch = target_open();
	for (uc = 1; watch >= 0 && uc <= USE_CASES; uc++) {
		tee_query(watch, uc, &query);
		model_told(uc, query.total, query.largest_free);
	}
}

static bool check_pools(void)
{
	struct tee_ioctl_rstmem_query query;
	uint32_t uc;

	if (!model_device())
		return true;
	if (watch < 0)
		watch = target_open();
	for (uc = 1; uc <= USE_CASES; uc++) {
		tee_query(watch, uc, &query);
		if (query.used != model_used(uc) ||
		    query.buffers != model_buffers(uc))
			return wrong("use case %u: %llu bytes, %u buffers; should be %llu, %u",
				     uc, (unsigned long long)query.used,
				     query.buffers,
				     (unsigned long long)model_used(uc),
				     model_buffers(uc));
	}
	return true;
}

static bool start(unsigned int which)
{
	const struct request none = { .kind = OP_KINDS };
	struct reply reply;

	/* The new process must not inherit it. */
	if (watch >= 0)
		close(watch);
	watch = -1;
	pids[which] = actor_start(which);
	if (pids[which] < 0 || !actor_ask(which, &none, &reply))
		return wrong("cannot start a process");
	base[which] = reply.fds;
	return true;
}

static void unload(struct reply *reply)
{
	char command[320];

	reply->rc = syscall(SYS_delete_module,
	"softtee", O_NONBLOCK) ? -errno : 0;
	if (reply->rc)
		return;
	snprintf(command, sizeof(command), "modprobe softtee pool=%s", pools);
	if (system(command))
		reply->rc = -ENOEXEC;
}

static bool execute(const struct op *op, const struct request *r,
		    struct reply *reply)
{
	switch (op->kind) {
	case OP_PASS:
		return actor_pass(op->actor, r->slot, r->other, r->to, reply);
	case OP_FORK:
		pids[r->other] = actor_fork(op->actor, r->other, reply);
		base[r->other] = reply->fds - model_fds(op->actor);
		return pids[r->other] > 0;
	case OP_KILL:
		kill(pids[op->actor], SIGKILL);
		waitpid(pids[op->actor], NULL, 0);
		pids[op->actor] = 0;
		return true;
	case OP_UNLOAD:
	case OP_REMOVE:
	case OP_RETURN:
		if (watch >= 0)
			close(watch);
		watch = -1;
		if (op->kind == OP_UNLOAD)
			unload(reply);
		else
			reply->rc = op->kind == OP_REMOVE ? target_remove() :
							    target_return();
		return true;
	default:
		return actor_ask(op->actor, r, reply);
	}
}

static bool as_expected(const struct op *op, const struct request *r,
			const struct expectation *e, const struct reply *reply)
{
	unsigned int n;

	if (op->kind == OP_GARBAGE)
		return true;
	if (e->ok) {
		if (reply->rc < 0)
			return wrong("fails: %s", strerror(-reply->rc));
		if (e->size && r->place == PLACE_GOOD && op->kind != OP_ALLOC_HEAP &&
		    reply->size != e->size)
			return wrong("says %llu bytes, not %llu",
				     (unsigned long long)reply->size,
				     (unsigned long long)e->size);
		if (e->use_case && op->kind == OP_INFO &&
		    reply->use_case != e->use_case)
			return wrong("says use case %u, not %u", reply->use_case,
				     e->use_case);
		return true;
	}
	/* An id that should not work found other content. */
	if (reply->rc >= 0)
		return wrong("works and should not");
	for (n = 0; n < MAX_ERRORS && e->errors[n]; n++)
		if (reply->rc == -e->errors[n])
			return true;
	return !n || wrong("fails otherwise than it should: %s",
			   strerror(-reply->rc));
}

static bool check_fds(unsigned int which)
{
	const struct request none = { .kind = OP_KINDS };
	struct reply reply;

	if (!pids[which])
		return true;
	if (!actor_ask(which, &none, &reply))
		return wrong("a process is gone");
	if (reply.fds != base[which] + model_fds(which))
		return wrong("process %u has %d descriptors, should have %u", which,
			     (int)(reply.fds - base[which]), model_fds(which));
	return true;
}

static bool step(struct op op)
{
	struct expectation expected;
	struct request request;
	struct reply reply = {};
	const char *why;

	if (!pids[op.actor] && !start(op.actor))
		return false;
	tell_model();
	if (!model_begin(&op, &request, &expected)) {
		result->skipped++;
		return true;
	}
	op_print(&op, result->op, sizeof(result->op));
	if (!execute(&op, &request, &reply))
		return wrong("a process did not answer");
	if (!as_expected(&op, &request, &expected, &reply))
		return false;
	if (expected.ok && op.kind != OP_GARBAGE) {
		why = model_end(&op, &request, &reply);
		if (why)
			return wrong("%s", why);
	}
	result->kinds[op.kind]++;
	result->ops++;
	return check_pools() && check_fds(op.actor) &&
	       (op.kind != OP_PASS && op.kind != OP_FORK ?
			true : check_fds(request.other));
}

static _Noreturn void play(uint64_t seed, unsigned int count, const bool *keep,
			   enum lie lie)
{
	unsigned int n;

	setpgid(0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* Forget the previous sequence. */
	actors_init(covered);
	model_init(lie, covered);
	result->failed_at = -1;
	for (n = 0; n < count; n++) {
		if (keep && !keep[n])
			continue;
		if (!step(op_make(seed, n))) {
			result->failed_at = n;
			_exit(1);
		}
		result->done++;
	}
	_exit(0);
}

/* The number of warnings of the kernel, KASAN's included. */
static long warnings(void)
{
	return guest_number("/sys/kernel/warn_count");
}

/* After all processes ended: return a removed device, and check its pools. */
static bool settle(void)
{
	struct tee_ioctl_rstmem_query query;
	bool empty = true;
	uint32_t uc;
	int tee;

	if (access("/dev/tee0", F_OK) && target_return())
		ktap_bail("the device does not come back");
	tee = target_open();
	for (uc = 1; uc <= USE_CASES; uc++) {
		tee_query(tee, uc, &query);
		empty &= !query.used && !query.buffers;
	}
	close(tee);
	if (!empty) {
		struct reply reply;

		wrong("something is allocated after all was closed");
		unload(&reply);
		if (reply.rc)
			ktap_bail("%s, and the module cannot be unloaded",
				  result->what);
	}
	return empty;
}

/* Plays the kept operations of a sequence. Returns whether all matched the model. */
static bool run(uint64_t seed, unsigned int count, const bool *keep, enum lie lie)
{
	long before = warnings();
	int status;
	pid_t pid;

	memset(result->what, 0, sizeof(result->what));
	fflush(stdout);
	pid = fork();
	if (!pid)
		play(seed, count, keep, lie);
	waitpid(pid, &status, 0);
	kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (status && !result->what[0])
		wrong("it ended with status 0x%x", status);
	if (!settle())
		status = 1;
	if (warnings() != before) {
		wrong("the kernel's log has a warning");
		status = 1;
	}
	return !status;
}

/* Drops operations that the failure does not need. Returns how many are left. */
static unsigned int shrink(uint64_t seed, unsigned int count, bool *keep,
			   enum lie lie)
{
	unsigned int piece, n, left, tries = 0;
	bool saved[MAX_OPS], smaller;

	for (n = 0; n < count; n++)
		keep[n] = (int)n <= result->failed_at;
	count = result->failed_at + 1;
	for (piece = count / 2; piece; piece = smaller ? piece : piece / 2) {
		smaller = false;
		for (n = 0; n < count && tries < MAX_TRIES; n += piece) {
			unsigned int i, some = 0;

			memcpy(saved, keep, sizeof(saved));
			for (i = n; i < n + piece && i < count; i++) {
				some += keep[i];
				keep[i] = false;
			}
			if (!some)
				continue;
			tries++;
			if (run(seed, count, keep, lie))
				memcpy(keep, saved, sizeof(saved));
			else
				smaller = true;
		}
	}
	for (n = 0, left = 0; n < count; n++)
		left += keep[n];
	return left;
}

static void tell(uint64_t seed, unsigned int count, const bool *keep)
{
	char list[1024] = "", text[128];
	unsigned int n;

	for (n = 0; n < count; n++) {
		struct op op = op_make(seed, n);

		if (!keep[n])
			continue;
		op_print(&op, text, sizeof(text));
		ktap_note("%4u %s", n, text);
		snprintf(list + strlen(list), sizeof(list) - strlen(list),
		"%s%u",
			 list[0] ? "," : "", n);
	}
	ktap_note("%s", result->op);
	ktap_note("%s", result->what);
	ktap_note("again: fuzz -s %llu -n %u -k %s", (unsigned long long)seed, count,
		  list);
}

/* A broken model must make a short sequence fail. */
static void test_lies(uint64_t seed, unsigned int count)
{
	bool keep[MAX_OPS];
	enum lie lie;

	for (lie = LIE_NONE + 1; lie < LIES; lie++) {
		unsigned int left = 0, n;

		for (n = 0; n < 80; n++)
			if (!run(seed + n, count, NULL, lie)) {
				left = shrink(seed + n, count, keep, lie);
				/* The shrunk sequence must fail again. */
				if (run(seed + n, count, keep, lie))
					left = 0;
				break;
			}
		ktap(left && left <= SHORT,
		     "fuzz: a short sequence fails with a model in which %s",
		     lie_names[lie]);
		ktap_note("%u sequences, then %u operations: %s", n + 1, left,
			  result->what);
	}
}

static unsigned int kinds_played(void)
{
	unsigned int n, kinds = 0;

	for (n = 0; n < OP_KINDS; n++)
		kinds += result->kinds[n] > 0;
	return kinds;
}

static void test_truth(uint64_t seed, unsigned int count, unsigned int least,
		       unsigned int seconds)
{
	/* A run with coverage leaves out the last kinds. */
	const unsigned int all_kinds = covered ? OP_KINDS - 3 : OP_KINDS;
	time_t end = time(NULL) + seconds;
	unsigned int sequences = 0, left, n, kinds;
	bool keep[MAX_OPS], ok = true;

	memset(result, 0, sizeof(*result));
	while (ok && (seconds ? time(NULL) < end : sequences < least ||
		      (sequences < 4 * least && kinds_played() < all_kinds))) {
		ok = run(seed + sequences, count, NULL, LIE_NONE);
		sequences++;
	}
	kinds = kinds_played();
	ktap_note("seeds %llu to %llu: %u sequences, %u operations of %u kinds",
		  (unsigned long long)seed,
		  (unsigned long long)seed + sequences - 1, sequences,
		  result->ops, kinds);
	if (!ok) {
		char what[sizeof(result->what)];

		seed += sequences - 1;
		strcpy(what, result->what);
		ktap_note("sequence %llu: %s", (unsigned long long)seed, what);
		for (n = 0; n < count; n++)
			keep[n] = (int)n <= result->failed_at;
		if (result->failed_at >= 0) {
			left = shrink(seed, count, keep, LIE_NONE);
			run(seed, count, keep, LIE_NONE);
			ktap_note("it takes %u of them", left);
		}
		tell(seed, count, keep);
	}
	ktap(ok, "fuzz: all operations match the model");
	ktap(kinds >= all_kinds, "fuzz: every kind of operation is played");
	for (n = 0; n < OP_KINDS; n++)
		if (!result->kinds[n])
			ktap_note("not %s", op_name(n));
}

static void test_replay(uint64_t seed, unsigned int count, char *list)
{
	bool keep[MAX_OPS] = {};
	char *word;

	for (word = strtok(list, ","); word; word = strtok(NULL, ","))
		if (atoi(word) >= 0 && atoi(word) < MAX_OPS)
			keep[atoi(word)] = true;
	if (!ktap(run(seed, count, keep, LIE_NONE),
		  "replay: all operations match the model"))
		tell(seed, count, keep);
}

static void read_pools(void)
{
	FILE *f = fopen("/sys/module/softtee/parameters/pool", "r");

	if (!f || !fgets(pools, sizeof(pools), f))
		ktap_bail("softtee's parameter: %s", strerror(errno));
	pools[strcspn(pools, "\n")] = 0;
	fclose(f);
}

int main(int argc, char **argv)
{
	unsigned int seconds = 0, sequences = 20, count = 100;
	uint64_t seed = 1;
	char *list = NULL;
	int option;

	ktap_start();
	while ((option = getopt(argc, argv, "s:r:t:n:k:c")) != -1)
		switch (option) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'r':
			sequences = atoi(optarg);
			break;
		case 't':
			seconds = atoi(optarg);
			break;
		case 'n':
			count = atoi(optarg);
			break;
		case 'k':
			list = optarg;
			break;
		case 'c':
			covered = true;
			break;
		default:
			ktap_bail("usage: fuzz [-s SEED] [-r SEQUENCES | -t SECONDS] [-n OPS] [-c] [-k INDEX,...]");
		}
	if (!count || count > MAX_OPS)
		ktap_bail("1 to %u operations", MAX_OPS);
	if (covered && !cover_init())
		ktap_bail("this kernel has no KCOV");
	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (result == MAP_FAILED)
		ktap_bail("mmap: %s", strerror(errno));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	target();
	read_pools();

	if (list) {
		test_replay(seed, count, list);
		return ktap_end();
	}
	/* A fixed seed: how far sequences shrink depends on it. */
	if (!covered)
		test_lies(1, 100);
	test_truth(seed, count, sequences, seconds);
	if (covered)
		cover_print();
	return ktap_end();
}
