/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ward.h - a child process for code that is not trusted. Whatever it does there -
 * crash, exit, loop, fork, fill the stack or all memory, write what and where it
 * likes - the parent lives on, and knows which implementation was at work.
 */
#ifndef PAGEFUZZ_WARD_H
#define PAGEFUZZ_WARD_H

#include <stdio.h>
#include <sys/types.h>

#include "../../oracle/oracle.h"

/* CPU time that one call of an implementation may take, if nobody says otherwise. */
#define PF_WARD_SECONDS 10
/* More address space than it has at its start; not under ASan, which wants all there is. */
#define PF_WARD_MEMORY (8ull << 30)

/* What both sides see. */
struct pf_ward_shared {
	struct pf_at at;
	volatile uint32_t done; /* the body came to its end */
	/* Of the signal that ended it, if it told. */
	volatile int signal;
	volatile uint32_t fault; /* enum pf_ward_fault */
	volatile uint64_t address;
};

enum pf_ward_fault { PF_FAULT_ELSEWHERE, PF_FAULT_STACK, PF_FAULT_FRAMEWORK };

struct pf_ward {
	unsigned seconds; /* of CPU time, for a call; 0: PF_WARD_SECONDS */
	bool may_fork;	  /* set in the child: some member runs a machine of its own */
	/* The rest is the ward's. */
	pid_t pid; /* 0: there is none */
	struct pf_ward_shared *shared;
	int said_fd; /* what the body prints: the last of it is in said[] */
	char said[4096];
	size_t nr_said;
	bool hung;
	uint64_t last_place;
	double last_cpu, last_wall;
};

/* False: complained. Then there is nothing to close. */
bool pf_ward_open(struct pf_ward *w);
/* The child, if there is one, is killed with all that it started. */
void pf_ward_close(struct pf_ward *w);

/*
 * Fork and run body(arg) in the child, which ends behind it. The child has
 * standard error and output of its own from pf_ward_isolate() on, which body calls
 * when nothing of its own is to be printed any more. False: complained.
 */
bool pf_ward_start(struct pf_ward *w, void (*body)(void *arg), void *arg);
/* In the child. arena: memory that only the framework may write; NULL: none is watched. */
void pf_ward_isolate(struct pf_ward *w, const struct pf_arena *arena);

/*
 * Wait up to 100 ms for fd (-1: nothing but the child's end) to have something to
 * read; the body's output is drained meanwhile. A child that does not get on is
 * killed.
 */
enum pf_ward_news { PF_WARD_NOTHING, PF_WARD_READABLE, PF_WARD_ENDED };
enum pf_ward_news pf_ward_wait(struct pf_ward *w, int fd, int fd2);

/*
 * The child has ended and was reaped: what happened, in a line, and the law that
 * is. False: it came to its end as it should.
 */
bool pf_ward_explain(const struct pf_ward *w, int status, enum pf_law *law, char *text,
		     size_t size);
/* Reap an ended (or killed) child; its status as waitpid() gives it. */
int pf_ward_reap(struct pf_ward *w);
/* The last lines that the body printed, indented; nothing if it printed none. */
void pf_ward_print_said(const struct pf_ward *w, FILE *out);

/* A new task: the time that the child was waiting for it does not count. */
void pf_ward_expect(struct pf_ward *w);

/* ----------------------------------------------------------- all in one -- */

/* Memory that children share, zeroed. NULL: complained. */
void *pf_ward_memory(size_t size);
void pf_ward_memory_free(void *memory, size_t size);

/*
 * Run work(arg, at) in an isolated child: at is for the options of an oracle, results
 * go to memory of pf_ward_memory(), and what work prints is lost.
 * PF_EXIT_CLEAN: it came to its end. PF_EXIT_FINDING: it did not, and *v tells whose
 * fault that is; name: of the nr implementations. PF_EXIT_USAGE: pf_interrupted, or
 * complained.
 */
int pf_ward_call(void (*work)(void *arg, struct pf_at *at), void *arg, unsigned seconds,
		 const char *const *name, unsigned nr, struct pf_verdict *v);
/*
 * A verdict about a child that has ended: by name[] and code[] (see pf_oracle_code(); NULL: as
 * name), which may have been written over.
 */
void pf_ward_verdict(const struct pf_ward *w, const char *const *name, const char *const *code,
		     unsigned nr, enum pf_law law, const char *text, struct pf_verdict *v);

#endif /* PAGEFUZZ_WARD_H */
