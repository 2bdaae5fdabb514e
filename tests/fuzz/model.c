// SPDX-License-Identifier: GPL-2.0-only
/* The reference model, see model.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "../support/ktap.h"
#include "../support/tee.h"
#include "model.h"

#define PAGE		4096ULL
#define USE_CASES	3
#define MAX_IDS		256
/* The width of addresses; a larger size is invalid. */
#define ADDRESS_BITS	52

const char * const lie_names[LIES] = {
	[LIE_NONE] = "nothing",
	[LIE_ID_STAYS] = "ids outlive the dma-buf",
	[LIE_CONTEXT_KEEPS] = "buffers end with the TEE file",
	[LIE_REGISTRATION] = "a registration does not keep the memory",
	[LIE_ATTACHMENT] = "an importer does not keep the dma-buf",
	[LIE_ROUNDING] = "sizes are not rounded",
	[LIE_SCRUB] = "content stays",
};

enum type { TYPE_NONE, TYPE_CONTEXT, TYPE_BUFFER, TYPE_REGISTRATION, TYPE_HEAP, TYPE_EDU };

/* Restricted memory, with the number of dma-bufs and registrations that keep it. */
struct memory {
	uint64_t size;
	uint32_t use_case, seed;
	unsigned int holders;
};

/* An open object, with its number of descriptors and importers. */
struct object {
	enum type type;
	unsigned int refs;
	struct memory *memory;		/* memory of a buffer */
	struct object *attached;	/* buffer attached to an importer */
	uint32_t use_case;		/* use case of a heap */
};

/* An id. It ends with its dma-buf or its registration. */
struct id {
	int32_t number;
	struct object *context, *end;
	struct memory *memory;
	bool valid;
};

static struct {
	enum lie lie;
	bool no_unload, removed;
	uint64_t total[USE_CASES + 1], largest[USE_CASES + 1];
	uint64_t used[USE_CASES + 1];
	uint32_t buffers[USE_CASES + 1];
	bool alive[ACTORS];
	struct object *slots[ACTORS][SLOTS];
	struct id ids[MAX_IDS];
	unsigned int nr_ids;
	unsigned int contexts;	/* these keep the module, like buffers */
	uint32_t last_seed;
} m;

void model_init(enum lie lie, bool no_unload)
{
	memset(&m, 0, sizeof(m));
	m.lie = lie;
	m.no_unload = no_unload;
}

void model_told(uint32_t use_case, uint64_t total, uint64_t largest_free)
{
	m.total[use_case] = total;
	m.largest[use_case] = largest_free;
}

uint64_t model_used(uint32_t use_case)
{
	return m.used[use_case];
}

uint32_t model_buffers(uint32_t use_case)
{
	return m.buffers[use_case];
}

bool model_alive(unsigned int actor)
{
	return m.alive[actor];
}

bool model_device(void)
{
	return !m.removed;
}

unsigned int model_fds(unsigned int actor)
{
	unsigned int n, count = 0;

	for (n = 0; n < SLOTS; n++)
		count += m.slots[actor][n] != NULL;
	return count;
}

static void memory_put(struct memory *memory)
{
	if (--memory->holders)
		return;
	m.used[memory->use_case] -= memory->size;
	m.buffers[memory->use_case]--;
	/* Ids that ended still point to it. */
}

static struct memory *memory_new(uint64_t size, uint32_t use_case)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	memory->size = size;
	memory->use_case = use_case;
	memory->holders = 1;
	m.used[use_case] += size;
	m.buffers[use_case]++;
	if (m.lie == LIE_SCRUB)
		memory->seed = m.last_seed;
	return memory;
}

static void object_drop(struct object *object);

static void ids_end(const struct object *what)
{
	unsigned int n;

	for (n = 0; n < m.nr_ids; n++) {
		struct id *id = &m.ids[n];

		if (!id->valid || (id->context != what && id->end != what))
			continue;
		if (m.lie == LIE_ID_STAYS && id->end == what &&
		    what->type == TYPE_BUFFER)
			continue;
		id->valid = false;
		/* The registration kept the memory. */
		if (id->end->type == TYPE_REGISTRATION &&
		    m.lie != LIE_REGISTRATION)
			memory_put(id->memory);
		else if (m.lie == LIE_CONTEXT_KEEPS && id->context == what)
			memory_put(id->memory);
	}
}

static void object_drop(struct object *object)
{
	if (--object->refs)
		return;
	switch (object->type) {
	case TYPE_CONTEXT:
		ids_end(object);
		m.contexts--;
		break;
	case TYPE_BUFFER:
		ids_end(object);
		memory_put(object->memory);
		break;
	case TYPE_REGISTRATION:
		ids_end(object);
		break;
	case TYPE_EDU:
		if (object->attached && m.lie != LIE_ATTACHMENT)
			object_drop(object->attached);
		break;
	default:
		break;
	}
	/* Never freed, since an id may point to it. Sequences are short. */
}

static void slot_set(unsigned int actor, unsigned int slot, enum type type,
		     struct object **object)
{
	struct object *o = calloc(1, sizeof(*o));

	o->type = type;
	o->refs = 1;
	m.slots[actor][slot] = o;
	if (type == TYPE_CONTEXT)
		m.contexts++;
	if (object)
		*object = o;
}

static void slot_drop(unsigned int actor, unsigned int slot)
{
	struct object *o = m.slots[actor][slot];

	m.slots[actor][slot] = NULL;
	if (o)
		object_drop(o);
}

static enum type type_of(const struct object *o)
{
	return o ? o->type : TYPE_NONE;
}

/* Returns the first slot of a type from @slot on, with wrap-around, or @slot. */
static unsigned int slot_of(unsigned int actor, unsigned int slot, enum type type)
{
	unsigned int n;

	slot %= SLOTS;
	for (n = 0; n < SLOTS; n++)
		if (type_of(m.slots[actor][(slot + n) % SLOTS]) == type)
			return (slot + n) % SLOTS;
	return slot;
}

/* Returns a slot that is mostly, but not always, of the right type. */
static unsigned int slot_for(const struct op *op, unsigned int slot,
			     enum type type, uint32_t choice)
{
	return choice % 8 ? slot_of(op->actor, slot, type) : slot % SLOTS;
}

static bool empty_slot(unsigned int actor, unsigned int from, unsigned int *slot)
{
	*slot = slot_of(actor, from, TYPE_NONE);
	return !m.slots[actor][*slot];
}

static void fails(struct expectation *e, int a, int b, int c)
{
	e->ok = false;
	e->errors[0] = a;
	e->errors[1] = b;
	e->errors[2] = c;
}

static uint64_t round_up(uint64_t size)
{
	return m.lie == LIE_ROUNDING ? size : (size + PAGE - 1) / PAGE * PAGE;
}

static uint64_t choose_size(uint32_t use_case, uint32_t choice, uint32_t more)
{
	static const uint64_t sizes[] = {
		1, PAGE, PAGE, PAGE - 1, PAGE + 1, 2 * PAGE, 64 * KIB, 100 * KIB,
	};
	static const uint64_t odd[] = {
		0, UINT64_MAX, UINT64_MAX - PAGE + 2, 1ULL << 63, 1ULL << 32,
		(1ULL << 32) + PAGE, 1ULL << ADDRESS_BITS,
		(1ULL << ADDRESS_BITS) + 1,
	};
	uint64_t largest = use_case <= USE_CASES ? m.largest[use_case] : PAGE;

	/* Large buffers take long to scrub. */
	switch (choice % 64) {
	case 0 ... 3:
		return odd[more % (sizeof(odd) / sizeof(odd[0]))];
	case 4 ... 7:
		return largest + 1;
	case 8:
		return largest;
	case 9 ... 12:
		return more % MIB;
	default:
		return sizes[more % (sizeof(sizes) / sizeof(sizes[0]))];
	}
}

/* Predicts the allocation of @size for a valid use case. */
static void expect_alloc(struct expectation *e, uint64_t size, uint32_t use_case)
{
	uint64_t rounded = (size + PAGE - 1) / PAGE * PAGE;

	if (!size || rounded < size) {
		fails(e, EINVAL, 0, 0);
	} else if (rounded > m.largest[use_case]) {
		fails(e, ENOMEM, rounded > 1ULL << ADDRESS_BITS ? EINVAL : 0,
		      rounded >= 1ULL << ADDRESS_BITS ? EINVAL : 0);
	} else {
		e->ok = true;
		e->size = round_up(size);
	}
}

static enum place choose_place(uint32_t choice)
{
	return choice % 16 ? PLACE_GOOD : choice / 16 % PLACES;
}

/* A bad place fails; if it can be read, other errors come first. */
static void expect_place(struct expectation *e, enum place place)
{
	if (place == PLACE_NULL || place == PLACE_UNMAPPED)
		fails(e, EFAULT, 0, 0);
	else if (place == PLACE_READ_ONLY && e->ok)
		fails(e, EFAULT, 0, 0);
}

static bool begin_alloc(struct op *op, struct request *r, struct expectation *e)
{
	r->slot = slot_for(op, op->slot, TYPE_CONTEXT, op->a);
	if (!empty_slot(op->actor, op->c, &r->to))
		return false;
	r->use_case = 1 + (op->a >> 3) % USE_CASES;
	r->size = choose_size(r->use_case, op->b, op->c);
	if (op->b >> 8 & 1 && !(op->b >> 9 & 15)) {
		r->use_case = op->c;
		/* The random number may be a valid use case. */
		if (r->use_case - 1 < USE_CASES)
			r->use_case = 64;
	}
	if (!(op->b >> 13 & 31))
		r->flags = 1 << (op->c & 31);
	if (!(op->b >> 18 & 31))
		r->pad = op->c | 1;
	r->place = choose_place(op->b >> 23);
	e->use_case = r->use_case;
	if (r->use_case - 1 >= USE_CASES || r->flags || r->pad)
		fails(e, EINVAL, 0, 0);
	else
		expect_alloc(e, r->size, r->use_case);
	expect_place(e, r->place);
	if (type_of(m.slots[op->actor][r->slot]) != TYPE_CONTEXT)
		fails(e, 0, 0, 0);
	return true;
}

static bool begin_alloc_heap(struct op *op, struct request *r,
			     struct expectation *e)
{
	struct object *heap;

	r->slot = slot_for(op, op->slot, TYPE_HEAP, op->a);
	heap = m.slots[op->actor][r->slot];
	if (!empty_slot(op->actor, op->c, &r->to))
		return false;
	r->use_case = type_of(heap) == TYPE_HEAP ? heap->use_case : 1;
	r->size = choose_size(r->use_case, op->b, op->c);
	r->flags = O_RDWR | O_CLOEXEC;
	if (!(op->b >> 8 & 15))
		r->flags |= O_APPEND;
	if (!(op->b >> 12 & 15))
		r->pad = op->c | 1;
	/* A heap always answers a bad pointer with EFAULT. */
	r->place = choose_place(op->b >> 16);
	e->use_case = r->use_case;
	if (r->flags & O_APPEND || r->pad)
		fails(e, EINVAL, 0, 0);
	else if (m.removed)
		fails(e, ENODEV, EINVAL, 0);
	else
		expect_alloc(e, r->size, r->use_case);
	if (!e->ok && m.removed)
		fails(e, ENODEV, EINVAL, ENOMEM);
	expect_place(e, r->place);
	if (type_of(heap) != TYPE_HEAP)
		fails(e, 0, 0, 0);
	return true;
}

static bool begin_register(struct op *op, struct request *r,
			   struct expectation *e)
{
	struct object *buffer;

	r->slot = slot_for(op, op->slot, TYPE_CONTEXT, op->a);
	r->other = slot_for(op, op->c >> 8, TYPE_BUFFER, op->a >> 3);
	if (!empty_slot(op->actor, op->c, &r->to))
		return false;
	buffer = m.slots[op->actor][r->other];
	if (!(op->b & 15))
		r->flags = op->c | 1;
	r->place = choose_place(op->b >> 4);
	e->ok = true;
	if (type_of(buffer) == TYPE_BUFFER)
		e->size = buffer->memory->size;
	if (type_of(buffer) == TYPE_NONE)
		fails(e, EBADF, 0, 0);
	else if (type_of(buffer) != TYPE_BUFFER)
		fails(e, EINVAL, 0, 0);
	else if (r->flags)
		fails(e, EINVAL, 0, 0);
	expect_place(e, r->place);
	if (type_of(m.slots[op->actor][r->slot]) != TYPE_CONTEXT)
		fails(e, 0, 0, 0);
	return true;
}

/* Chooses an id of any context and time, mostly a live one. */
static struct id *choose_id(const struct op *op, struct object *context)
{
	unsigned int n, at = op->b % (m.nr_ids ? m.nr_ids : 1);

	if (!m.nr_ids)
		return NULL;
	for (n = 0; op->c % 4 && n < m.nr_ids; n++, at = (at + 1) % m.nr_ids)
		if (m.ids[at].valid && m.ids[at].context == context)
			break;
	return &m.ids[at];
}

/* Returns the memory that an id names in a context, or NULL. */
static struct memory *look_up(struct object *context, int32_t number)
{
	unsigned int n;

	for (n = 0; n < m.nr_ids; n++)
		if (m.ids[n].valid && m.ids[n].number == number &&
		    m.ids[n].context == context)
			return m.ids[n].memory;
	return NULL;
}

static bool begin_content(struct op *op, struct request *r,
			  struct expectation *e)
{
	struct object *context;
	struct memory *memory;
	struct id *id;

	r->slot = slot_of(op->actor, op->slot, TYPE_CONTEXT);
	context = m.slots[op->actor][r->slot];
	id = choose_id(op, context);
	if (type_of(context) != TYPE_CONTEXT || !id)
		return false;
	r->id = id->number;
	memory = look_up(context, r->id);
	if (op->kind == OP_FILL) {
		/* OP_CHECK uses ids that do not work. */
		if (!memory || memory->size < PAGE)
			return false;
		r->seed = op->a | 1;
	} else if (memory) {
		r->seed = memory->seed;
	}
	e->ok = memory;
	return true;
}

static bool begin_info(struct op *op, struct request *r, struct expectation *e)
{
	struct object *buffer;

	r->slot = slot_for(op, op->slot, TYPE_CONTEXT, op->a);
	r->other = slot_for(op, (op->c >> 8) % SLOTS, TYPE_BUFFER, op->a >> 3);
	buffer = m.slots[op->actor][r->other];
	if (!(op->b & 15))
		r->flags = op->c | 1;
	if (!(op->b >> 4 & 15))
		r->pad = op->c | 1;
	r->place = choose_place(op->b >> 8);
	e->ok = true;
	if (type_of(buffer) == TYPE_BUFFER) {
		e->size = buffer->memory->size;
		e->use_case = buffer->memory->use_case;
	}
	if (r->flags || r->pad)
		fails(e, EINVAL, 0, 0);
	else if (type_of(buffer) == TYPE_NONE)
		fails(e, EBADF, 0, 0);
	else if (type_of(buffer) != TYPE_BUFFER)
		fails(e, EINVAL, 0, 0);
	expect_place(e, r->place);
	if (type_of(m.slots[op->actor][r->slot]) != TYPE_CONTEXT)
		fails(e, 0, 0, 0);
	return true;
}

static bool begin_query(struct op *op, struct request *r, struct expectation *e)
{
	static const unsigned int ver0 = TEE_IOC_RSTMEM_QUERY_SIZE_VER0;

	r->slot = slot_for(op, op->slot, TYPE_CONTEXT, op->a);
	r->use_case = op->b % 6;
	r->size = op->c & 7 ? ver0 : (op->c >> 3) % 128;
	if (!(op->b >> 8 & 15))
		r->flags = op->c | 1;
	/* The byte behind the present structure. */
	r->pad = op->b >> 12 & 1;
	e->ok = r->size >= ver0;
	if (r->size < ver0)
		fails(e, EINVAL, 0, 0);
	else if (r->size > ver0 && r->pad)
		fails(e, E2BIG, 0, 0);
	else if (r->flags || r->use_case > USE_CASES)
		fails(e, EINVAL, 0, 0);
	if (type_of(m.slots[op->actor][r->slot]) != TYPE_CONTEXT)
		fails(e, 0, 0, 0);
	return true;
}

static bool begin_attach(struct op *op, struct request *r,
			 struct expectation *e)
{
	struct object *edu, *buffer;

	r->slot = slot_of(op->actor, op->slot, TYPE_EDU);
	r->other = slot_for(op, (op->c >> 8) % SLOTS, TYPE_BUFFER, op->a);
	edu = m.slots[op->actor][r->slot];
	buffer = m.slots[op->actor][r->other];
	if (type_of(edu) != TYPE_EDU)
		return false;
	e->ok = true;
	if (edu->attached)
		fails(e, EBUSY, 0, 0);
	else if (type_of(buffer) != TYPE_BUFFER)
		fails(e, EBADF, EINVAL, 0);
	return true;
}

/*
 * Returns whether anything keeps the backend's module. A registration keeps it with its
 * buffer, until its context is closed.
 */
static bool module_is_used(void)
{
	return m.contexts || m.buffers[1] || m.buffers[2] || m.buffers[3];
}

static bool begin(struct op *op, struct request *r, struct expectation *e)
{
	struct object *o = m.slots[op->actor][op->slot];
	unsigned int n;

	switch (op->kind) {
	case OP_OPEN:
		e->ok = !m.removed;
		return empty_slot(op->actor, op->slot, &r->to);
	case OP_OPEN_HEAP:
		r->use_case = 1 + op->a % USE_CASES;
		e->ok = true;
		return empty_slot(op->actor, op->slot, &r->to);
	case OP_OPEN_EDU:
		e->ok = true;
		return empty_slot(op->actor, op->slot, &r->to);
	case OP_CLOSE:
		/* Mostly an open descriptor. */
		for (n = 0; !o && op->a % 8 && n < SLOTS; n++) {
			r->slot = (op->slot + n) % SLOTS;
			o = m.slots[op->actor][r->slot];
		}
		e->ok = o;
		if (!o)
			fails(e, EBADF, 0, 0);
		return true;
	case OP_ALLOC:
		return begin_alloc(op, r, e);
	case OP_ALLOC_HEAP:
		return begin_alloc_heap(op, r, e);
	case OP_DUP:
		e->ok = o;
		if (!o)
			fails(e, EBADF, 0, 0);
		return empty_slot(op->actor, op->a, &r->to);
	case OP_PASS:
		/* The receiving process; "to" is the slot there. */
		r->other = op->a % ACTORS;
		e->ok = true;
		return o && r->other != op->actor && m.alive[r->other] &&
		       empty_slot(r->other, op->b, &r->to);
	case OP_REGISTER:
		return begin_register(op, r, e);
	case OP_FILL:
	case OP_CHECK:
		return begin_content(op, r, e);
	case OP_INFO:
		return begin_info(op, r, e);
	case OP_QUERY:
		return begin_query(op, r, e);
	case OP_CPU:
		r->slot = slot_of(op->actor, op->slot, TYPE_BUFFER);
		o = m.slots[op->actor][r->slot];
		e->ok = true;
		if (type_of(o) == TYPE_BUFFER)
			e->size = o->memory->size;
		return type_of(o) == TYPE_BUFFER;
	case OP_READ:
		r->use_case = 1 + op->a % USE_CASES;
		r->slot = slot_of(op->actor, op->slot, TYPE_BUFFER);
		r->pad = op->b;
		r->flags = op->c;
		e->ok = true;
		e->size = m.used[r->use_case];
		return !m.removed;
	case OP_ATTACH:
		return begin_attach(op, r, e);
	case OP_DETACH:
		r->slot = slot_of(op->actor, op->slot, TYPE_EDU);
		o = m.slots[op->actor][r->slot];
		e->ok = type_of(o) == TYPE_EDU && o->attached;
		return e->ok;
	case OP_FORK:
		r->other = op->a % ACTORS;
		e->ok = true;
		return !m.alive[r->other];
	case OP_KILL:
		e->ok = true;
		return true;
	case OP_GARBAGE:
		r->slot = slot_for(op, op->slot, TYPE_CONTEXT, op->a);
		r->flags = op->a >> 3;
		r->pad = op->b;
		r->seed = op->c | 4;
		r->size = op->b >> 8 & 1 ? (op->b >> 9) % 256 : 8 * (op->b >> 9 & 15);
		r->place = choose_place(op->a >> 5);
		/* Any result is right, but nothing may change. */
		return true;
	case OP_UNLOAD:
		e->ok = !module_is_used();
		fails(e, EWOULDBLOCK, EBUSY, 0);
		e->ok = !module_is_used();
		return !m.no_unload;
	case OP_REMOVE:
		/* The removal would wait for open files. */
		e->ok = true;
		return !m.removed && !m.contexts && !m.no_unload;
	case OP_RETURN:
		/* Buffers keep the pools claimed. */
		e->ok = !m.buffers[1] && !m.buffers[2] && !m.buffers[3];
		return m.removed;
	default:
		return false;
	}
}

bool model_begin(struct op *op, struct request *request,
		 struct expectation *expected)
{
	memset(request, 0, sizeof(*request));
	memset(expected, 0, sizeof(*expected));
	/* An empty slot for a TEE is useless: mostly open it. */
	if (!m.alive[op->actor])
		m.alive[op->actor] = true;
	if (op->kind != OP_CLOSE && model_fds(op->actor) == SLOTS &&
	    op->a & 1)
		op->kind = OP_CLOSE;
	request->slot = op->slot;
	if (!begin(op, request, expected))
		return false;
	request->kind = op->kind;
	return true;
}

static void id_add(int32_t number, struct object *context, struct object *end,
		   struct memory *memory)
{
	if (m.nr_ids == MAX_IDS)
		ktap_bail("the sequence is too long for the model");
	m.ids[m.nr_ids++] = (struct id){
		.number = number,
		.context = context,
		.end = end,
		.memory = memory,
		.valid = true,
	};
}

static const char *end_new_buffer(const struct op *op, const struct request *r,
				  const struct reply *reply)
{
	struct object *context = m.slots[op->actor][r->slot], *buffer;
	struct memory *memory;

	if (op->kind == OP_ALLOC && look_up(context, reply->id))
		return "the id was another's";
	if (op->kind == OP_ALLOC && (reply->id <= 0 || reply->flags))
		return "the id or the flags cannot be";
	memory = memory_new(round_up(r->size), r->use_case);
	slot_set(op->actor, r->to, TYPE_BUFFER, &buffer);
	buffer->memory = memory;
	if (op->kind == OP_ALLOC)
		id_add(reply->id, context, buffer, memory);
	return NULL;
}

static const char *end_register(const struct op *op, const struct request *r,
				const struct reply *reply)
{
	struct object *context = m.slots[op->actor][r->slot], *end;
	struct memory *memory = m.slots[op->actor][r->other]->memory;

	if (look_up(context, reply->id) || reply->id <= 0)
		return "the id was another's or cannot be";
	slot_set(op->actor, r->to, TYPE_REGISTRATION, &end);
	if (m.lie != LIE_REGISTRATION)
		memory->holders++;
	id_add(reply->id, context, end, memory);
	return NULL;
}

static void end_kill(unsigned int actor)
{
	unsigned int n;

	for (n = 0; n < SLOTS; n++)
		slot_drop(actor, n);
	m.alive[actor] = false;
}

static void end_fork(unsigned int from, unsigned int to)
{
	unsigned int n;

	m.alive[to] = true;
	for (n = 0; n < SLOTS; n++) {
		m.slots[to][n] = m.slots[from][n];
		if (m.slots[to][n])
			m.slots[to][n]->refs++;
	}
}

const char *model_end(const struct op *op, const struct request *r,
		      const struct reply *reply)
{
	struct object *o = m.slots[op->actor][r->slot], *heap;

	switch (op->kind) {
	case OP_OPEN:
		slot_set(op->actor, r->to, TYPE_CONTEXT, NULL);
		break;
	case OP_OPEN_HEAP:
		slot_set(op->actor, r->to, TYPE_HEAP, &heap);
		heap->use_case = r->use_case;
		break;
	case OP_OPEN_EDU:
		slot_set(op->actor, r->to, TYPE_EDU, NULL);
		break;
	case OP_CLOSE:
		slot_drop(op->actor, r->slot);
		break;
	case OP_ALLOC:
	case OP_ALLOC_HEAP:
		return end_new_buffer(op, r, reply);
	case OP_DUP:
		m.slots[op->actor][r->to] = o;
		o->refs++;
		break;
	case OP_PASS:
		m.slots[r->other][r->to] = o;
		o->refs++;
		break;
	case OP_REGISTER:
		return end_register(op, r, reply);
	case OP_FILL:
		look_up(o, r->id)->seed = r->seed;
		m.last_seed = r->seed;
		break;
	case OP_CHECK:
	case OP_CPU:
		if (reply->rc)
			return op->kind == OP_CPU ? "the CPU has a way in" :
						    "other content";
		break;
	case OP_ATTACH:
		o->attached = m.slots[op->actor][r->other];
		if (m.lie != LIE_ATTACHMENT)
			o->attached->refs++;
		break;
	case OP_DETACH:
		if (m.lie != LIE_ATTACHMENT)
			object_drop(o->attached);
		o->attached = NULL;
		break;
	case OP_FORK:
		end_fork(op->actor, r->other);
		break;
	case OP_KILL:
		end_kill(op->actor);
		break;
	case OP_REMOVE:
		m.removed = true;
		break;
	case OP_UNLOAD:
	case OP_RETURN:
		m.removed = false;
		break;
	default:
		break;
	}
	return NULL;
}
