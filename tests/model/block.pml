/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A block of an elastic pool: the states and transitions of kernel/pool/block.c, and
 * all orders in which two tasks and the pool's thread can make them.
 *
 * A step of the thread takes long and holds no lock, so other processes run between its
 * begin and its end. Code under the pool's lock is atomic. Each step may fail. Suspend
 * stops the thread between two steps. Unload stops it for good.
 */
mtype = { IDLE, OFFLINING, ABSENT, ACTIVE, DRAINING, RECLAIMING, POISONED };

mtype state = IDLE;
byte used = 0;		/* buffers in the block */
byte dirty = 0;		/* buffers that are not cleared */
bool in_kernel = true;	/* the kernel uses the memory as RAM */
bool claimed = false;	/* nobody else can claim the range */
bool lent = false;	/* the TEE protects the memory */
bool old = true;	/* the memory has contents of the kernel's users */
bool frozen = false;	/* suspended */
bool unload = false;	/* no allocation begins any more */

#define to(from, next)	assert(state == from); state = next

/* Conditions that hold between any two steps. */
active proctype monitor()
{
end:
	atomic {
		!(!(lent && in_kernel) &&
		  !(used && !lent) &&
		  !(used && old) &&
		  !(dirty && in_kernel) &&
		  (used == 0 || state == ACTIVE || state == DRAINING) &&
		  !((state == ACTIVE || state == DRAINING) && !lent) &&
		  !(lent && !claimed && state != POISONED) &&
		  !(state == RECLAIMING && !claimed) &&
		  !(state == POISONED && (in_kernel || used)) &&
		  !(state == IDLE && (lent || claimed))) ->
		assert(false)
	}
}

active [2] proctype task()
{
	do
	:: unload -> break
	:: atomic {
		!unload && (state == ACTIVE || state == DRAINING) ->
		/* alloc */
		if
		:: state == DRAINING -> to(DRAINING, ACTIVE)
		:: else
		fi;
		used++;
		dirty++
	   }
	   /* The backend clears a buffer before the pool has it again. */
	   dirty--;
	   /* free */
	   atomic { used-- }
	od
}

inline take()
{
	if
	:: in_kernel = false;
		if
		:: claimed = true; atomic { to(OFFLINING, ABSENT) }
		:: atomic { to(OFFLINING, POISONED) }
		fi
	:: atomic { to(OFFLINING, IDLE) }
	fi
}

inline lend()
{
	if
	:: lent = true; old = false; atomic { to(ABSENT, ACTIVE) }
	:: skip
	/* The state of the range is unknown. */
	:: lent = true; atomic { to(ABSENT, POISONED) }
	fi
}

inline reclaim()
{
	if
	:: lent = false; atomic { to(RECLAIMING, ABSENT) }
	:: atomic { to(RECLAIMING, POISONED) }
	fi
}

inline give()
{
	if
	:: claimed = false; in_kernel = true; old = true; atomic { to(ABSENT, IDLE) }
	:: skip
	/* The range was added but not put online, and another driver claimed it. */
	:: claimed = false; atomic { to(ABSENT, POISONED) }
	fi
}

active proctype thread()
{
	do
	:: atomic { !frozen && !unload && state == IDLE -> to(IDLE, OFFLINING) };
		take()
	:: !frozen && !unload && state == ABSENT -> lend()
	:: !frozen && !unload && state == ABSENT -> give()
	:: atomic { !frozen && !unload && state == ACTIVE -> to(ACTIVE, DRAINING) }
	:: atomic { !frozen && !unload && state == DRAINING -> to(DRAINING, ACTIVE) }
	:: atomic { !frozen && !unload && state == DRAINING && used == 0 ->
		    to(DRAINING, RECLAIMING) };
		reclaim()
	:: unload && used == 0 -> break
	od;

	/* Unload: no buffer is left, and none comes. */
	if
	:: state == ACTIVE -> atomic { to(ACTIVE, DRAINING) }
	:: else
	fi;
	if
	:: state == DRAINING -> atomic { to(DRAINING, RECLAIMING) }; reclaim()
	:: else
	fi;
	if
	:: state == ABSENT -> give()
	:: else
	fi;
	if
	/* Clear and free, for the next driver. */
	:: state == ABSENT -> claimed = false
	:: else
	fi;
	assert(used == 0);
	assert(state == IDLE || state == ABSENT || state == POISONED);
	assert(!lent || state == POISONED)
}

active proctype machine()
{
	do
	:: !frozen && !unload -> frozen = true
	:: frozen -> frozen = false
	:: !frozen && !unload -> unload = true; break
	od
}
