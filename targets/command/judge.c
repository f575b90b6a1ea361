// SPDX-License-Identifier: GPL-2.0-only
/*
 * judge.c - see judge.h. The parent writes requests into a pipe, the child answers
 * in shared memory and says so by a byte; what is to be printed comes by a third pipe.
 */
#include "judge.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../language/fit.h"
#include "progress.h"

#define ARENA_SIZE (16ull << 30) /* of address space, of which little is used */
/* With closed memory only a wild write is looked for: no need to wait long for another end. */
#define CLOSED_SECONDS 2

enum request_kind {
	RUN,   /* and keep the story of a finding */
	TELL,  /* up to the verdict's operation, then tell the story of that verdict */
	AGAIN, /* run, no more: for somebody who has seen it all */
	CLOSE, /* the same, and compare the dumps of twins after each operation */
};

struct request {
	uint32_t kind;
	uint32_t dump_every; /* 0: as the lineup wants it */
	uint64_t nr_ops;
	struct pf_verdict verdict;
};

/*
 * What the child answers. It may be anything: whoever is judged may have written there,
 * so it is copied once and nothing in it is believed.
 */
struct shared {
	volatile uint32_t machine; /* some member brings the start */
	volatile uint32_t outcome;
	char label[512]; /* from the parent */
	struct pf_verdict verdict;
	struct pf_judgement result; /* figures: of the last run */
};

/* One child, of one kind. */
struct court {
	struct pf_judge *judge;
	struct pf_ward ward;
	bool closed_memory;
	int only;			  /* lane, or -1 */
	int request_fd, reply_fd, out_fd; /* ours */
	int child_request_fd, child_reply_fd, child_out_fd;
	bool running;
	bool worked; /* it has answered a request before */
	bool killed; /* by somebody, and asked once more */
};

struct pf_judge {
	struct pf_judge_config config;
	struct shared *shared;
	struct pf_judgement result;
	struct clerk *here; /* in this process: there is no child */
	FILE *here_out;	    /* where its output goes just now, or NULL */
	bool machine;
	bool failed; /* could not be opened again */
	struct court open, closed;
	int story_fd;	  /* a file without a name: the story of the last finding */
	bool last_closed; /* the last finding came from `closed` */
	char last_signature[80];
};

/* ------------------------------------------------------------ the child -- */

static bool read_all(int fd, void *buf, size_t size)
{
	char *p = buf;

	while (size) {
		ssize_t n = read(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

static bool write_all(int fd, const void *buf, size_t size)
{
	const char *p = buf;

	while (size) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

struct clerk {
	struct court *court;
	struct pf_lineup lineup;
	struct pf_options options;
	struct pf_oracle *oracle;
	struct pf_arena arena;
	FILE *out;
	struct pf_op *ops;
	size_t room;
	/* The program that a story is about. */
	struct request request;
};

static uint32_t functions_of(const struct pf_impl *i)
{
	uint32_t f = 0;

	f |= i->compact || i->alloc_contig ? PF_OFFERS_MOVES : 0;
	f |= i->compact ? PF_OFFERS_COMPACT : 0;
	f |= i->stats ? PF_OFFERS_STATS : 0;
	f |= i->block_type ? PF_OFFERS_BLOCK_TYPE : 0;
	f |= i->self_check ? PF_OFFERS_SELF_CHECK : 0;
	f |= i->largest_free ? PF_OFFERS_LARGEST : 0;
	f |= i->claim && !i->regions ? PF_OFFERS_CLAIM : 0;
	f |= i->own_pages ? PF_OFFERS_OWN_PAGES : 0;
	return f;
}

static void describe(struct shared *s, const struct clerk *k)
{
	unsigned nr = pf_oracle_lanes(k->oracle);

	s->result.nr_lanes = nr;
	for (unsigned i = 0; i < nr; i++) {
		const struct pf_impl *impl = pf_oracle_impl(k->oracle, i);

		snprintf(s->result.name[i], sizeof(s->result.name[i]), "%s", impl->name);
		snprintf(s->result.code[i], sizeof(s->result.code[i]), "%s",
			 pf_oracle_code(k->oracle, i));
		s->result.offer[i] =
			(struct pf_offer){impl->features, impl->tier, functions_of(impl)};
		if (impl->limits)
			pf_limits_join(&s->result.limits, impl->limits);
	}
}

/* False: complained, or there is nobody to complain to. */
static bool open_oracle(struct clerk *k)
{
	struct court *c = k->court;
	const struct pf_judge_config *config = &c->judge->config;
	const struct pf_impl *const *impl = k->lineup.impl;
	unsigned nr;

	k->options = config->options;
	if (config->open ? !config->open(config->arg, &k->lineup, &k->options)
			 : !pf_open_lineup(config->impls, &k->lineup, &k->options))
		return false;
	impl = k->lineup.impl;
	nr = k->lineup.nr;
	if (c->only >= 0) {
		impl += c->only;
		nr = 1;
	}
	if (c->closed_memory && !pf_arena_open(&k->arena, ARENA_SIZE))
		return false;
	k->oracle = pf_oracle_new_in(c->closed_memory ? &k->arena : NULL, impl, nr);
	if (!k->oracle) {
		pf_complain("%s", pf_lineup_wrong(impl, nr));
		return false;
	}
	k->options.at = &c->ward.shared->at;
	return true;
}

static void tell_now(void *arg)
{
	struct clerk *k = arg;
	const struct request *r = &k->request;

	pf_story(k->oracle, &r->verdict, k->ops, r->nr_ops, pf_print_op_to, k->out);
	/* It may end again, when everything is freed. */
	fflush(k->out);
}

static void keep_story(struct clerk *k, const struct pf_verdict *v)
{
	int fd = dup(k->court->judge->story_fd);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f)
		return;
	if (!ftruncate(fd, 0) && !lseek(fd, 0, SEEK_SET))
		pf_story(k->oracle, v, k->ops, k->request.nr_ops, pf_print_op_to, f);
	fclose(f);
}

static void serve(struct clerk *k)
{
	struct court *c = k->court;
	struct shared *s = c->judge->shared;
	const struct pf_judge_config *config = &c->judge->config;
	const struct request *r = &k->request;
	struct pf_verdict v;
	enum pf_outcome outcome;

	if (r->kind == TELL) {
		struct pf_options o = k->options;

		o.trace = NULL;
		o.before_end = tell_now;
		o.before_end_arg = k;
		pf_oracle_options(k->oracle, &o);
		outcome = pf_oracle_run(k->oracle, k->ops, r->verdict.step, &v);
		pf_oracle_options(k->oracle, &k->options);
		s->outcome = outcome;
		return;
	}
	if (config->before && r->kind == RUN)
		config->before(config->arg, s->label);
	if (r->dump_every) {
		struct pf_options o = k->options;

		o.dump_every = r->dump_every;
		pf_oracle_options(k->oracle, &o);
	}
	outcome = pf_oracle_run(k->oracle, k->ops, r->nr_ops, &v);
	if (r->dump_every)
		pf_oracle_options(k->oracle, &k->options);
	if (config->after && r->kind == RUN)
		config->after(config->arg, k->oracle, outcome, k->out);
	if (outcome == PF_FINDING || outcome == PF_KNOWN) {
		s->verdict = v;
		if (r->kind == RUN)
			keep_story(k, &v);
	}
	for (unsigned i = 0; i < pf_oracle_lanes(k->oracle); i++)
		s->result.figures[i] = *pf_oracle_figures(k->oracle, i);
	pf_oracle_reset_figures(k->oracle);
	s->result.exact = *pf_oracle_exact(k->oracle);
	s->result.hash = pf_oracle_hash(k->oracle);
	s->outcome = outcome;
}

static bool read_request(struct clerk *k)
{
	struct court *c = k->court;

	if (!read_all(c->child_request_fd, &k->request, sizeof(k->request)))
		return false;
	if (k->request.nr_ops > k->room) {
		k->room = k->request.nr_ops + k->request.nr_ops / 2;
		free(k->ops);
		k->ops = malloc(k->room * sizeof(*k->ops));
		if (!k->ops)
			return false;
	}
	return read_all(c->child_request_fd, k->ops, k->request.nr_ops * sizeof(*k->ops));
}

/* The parent's ends. */
static void close_ends(const struct court *c)
{
	close(c->request_fd);
	close(c->reply_fd);
	close(c->out_fd);
}

static void court_body(void *arg)
{
	struct court *c = arg;
	const struct pf_judge_config *config = &c->judge->config;
	struct clerk k = {.court = c};

	close_ends(c);
	/* Nor is the other one kept waiting for the end of its requests. */
	if (c != &c->judge->open && c->judge->open.running)
		close_ends(&c->judge->open);
	if (c != &c->judge->closed && c->judge->closed.running)
		close_ends(&c->judge->closed);
	k.out = fdopen(c->child_out_fd, "w");
	if (!k.out || !open_oracle(&k))
		_exit(PF_EXIT_USAGE);
	if (config->prepare)
		config->prepare(config->arg, k.oracle, &k.options, k.out);
	pf_oracle_options(k.oracle, &k.options);
	describe(c->judge->shared, &k);
	c->judge->shared->machine = k.options.start != NULL;
	c->ward.may_fork = c->judge->shared->machine;
	pf_ward_isolate(&c->ward, c->closed_memory ? &k.arena : NULL);
	do {
		fflush(k.out);
		if (!write_all(c->child_reply_fd, "", 1) || !read_request(&k))
			break;
		serve(&k);
	} while (1);
	/* Machines are shut down; nothing else has to be put in order. */
	pf_lineup_free(&k.lineup);
	_exit(0);
}

/* ------------------------------------------------------- in one process -- */

static ssize_t forward(void *arg, const char *buf, size_t size)
{
	const struct pf_judge *j = arg;

	if (j->here_out) {
		pf_progress_clear();
		fwrite(buf, 1, size, j->here_out);
	}
	return (ssize_t)size;
}

static void keep_lineup(struct pf_judge *j);

/* False: complained. */
static bool open_here(struct pf_judge *j)
{
	const cookie_io_functions_t to_here = {.write = forward};
	const struct pf_judge_config *config = &j->config;
	struct clerk *k = calloc(1, sizeof(*k));

	if (k)
		k->out = fopencookie(j, "w", to_here);
	if (!k || !k->out) {
		free(k);
		pf_complain("out of memory");
		return false;
	}
	j->here = k;
	k->court = &j->open;
	if (!open_oracle(k))
		return false;
	if (k->options.start) {
		pf_complain("a machine is not judged in this process");
		return false;
	}
	if (config->prepare)
		config->prepare(config->arg, k->oracle, &k->options, k->out);
	pf_oracle_options(k->oracle, &k->options);
	describe(j->shared, k);
	keep_lineup(j);
	return true;
}

static void close_here(struct pf_judge *j)
{
	struct clerk *k = j->here;

	if (!k)
		return;
	pf_oracle_free(k->oracle);
	pf_lineup_free(&k->lineup);
	fclose(k->out);
	free(k);
}

/* ----------------------------------------------------------- the parent -- */

static bool make_pipe(int *reader, int *writer)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC)) {
		pf_complain("%s", strerror(errno));
		return false;
	}
	*reader = fds[0];
	*writer = fds[1];
	return true;
}

static void close_court(struct court *c)
{
	if (!c->running)
		return;
	close(c->request_fd);
	pf_ward_expect(&c->ward);
	/* A machine that is shut down needs a moment. */
	for (int i = 0; i < 50 && pf_ward_wait(&c->ward, -1, -1) != PF_WARD_ENDED; i++)
		;
	if (c->ward.pid > 0)
		kill(c->ward.pid, SIGKILL);
	pf_ward_reap(&c->ward);
	close(c->reply_fd);
	close(c->out_fd);
	c->running = false;
}

static void copy_output(const struct court *c, FILE *out)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(c->out_fd, buf, sizeof(buf))) > 0) {
		if (!out)
			continue;
		pf_progress_clear();
		fwrite(buf, 1, (size_t)n, out);
	}
}

/* True: answered. False: it has ended, and is reaped; *status says how. */
static bool await(struct court *c, FILE *out, int *status)
{
	char byte;

	for (;;) {
		if (pf_interrupted)
			kill(c->ward.pid, SIGKILL);
		switch (pf_ward_wait(&c->ward, c->reply_fd, c->out_fd)) {
		case PF_WARD_NOTHING:
			break;
		case PF_WARD_READABLE:
			copy_output(c, out);
			if (read(c->reply_fd, &byte, 1) == 1) {
				copy_output(c, out);
				return true;
			}
			break;
		case PF_WARD_ENDED:
			*status = pf_ward_reap(&c->ward);
			copy_output(c, out);
			close(c->request_fd);
			close(c->reply_fd);
			close(c->out_fd);
			c->running = false;
			return false;
		}
	}
}

/* The lineup, as the first child found it before it ran anything. */
static void keep_lineup(struct pf_judge *j)
{
	struct pf_judgement *r = &j->result;

	*r = j->shared->result;
	j->machine = j->shared->machine;
	if (r->nr_lanes > PF_MAX_LANES)
		r->nr_lanes = PF_MAX_LANES;
	for (unsigned i = 0; i < PF_MAX_LANES; i++)
		r->name[i][sizeof(r->name[i]) - 1] = '\0';
	memset(r->figures, 0, sizeof(r->figures));
}

/* False: complained, and that was the last time. */
static bool start_court(struct court *c)
{
	enum pf_law law;
	char text[400];
	int status;

	if (pf_judge_over(c->judge))
		return false;
	c->judge->failed = true;
	if (!make_pipe(&c->child_request_fd, &c->request_fd) ||
	    !make_pipe(&c->reply_fd, &c->child_reply_fd) ||
	    !make_pipe(&c->out_fd, &c->child_out_fd))
		return false;
	if (!pf_ward_start(&c->ward, court_body, c))
		return false;
	close(c->child_request_fd);
	close(c->child_reply_fd);
	close(c->child_out_fd);
	fcntl(c->reply_fd, F_SETFL, O_NONBLOCK);
	fcntl(c->out_fd, F_SETFL, O_NONBLOCK);
	c->running = true;
	c->worked = false;
	if (await(c, NULL, &status)) {
		c->judge->failed = false;
		if (!c->judge->result.nr_lanes)
			keep_lineup(c->judge);
		return true;
	}
	/* It has complained itself, unless it was the end of it. */
	if (!pf_interrupted && !(WIFEXITED(status) && WEXITSTATUS(status) == PF_EXIT_USAGE)) {
		pf_ward_explain(&c->ward, status, &law, text, sizeof(text));
		pf_complain("the lineup could not be opened: somebody %s", text);
	}
	return false;
}

struct pf_judge *pf_judge_open(const struct pf_judge_config *config)
{
	struct pf_judge *j = calloc(1, sizeof(*j));

	if (!j)
		return pf_complain("out of memory"), NULL;
	/* A child that is gone is noticed otherwise. */
	signal(SIGPIPE, SIG_IGN);
	j->config = *config;
	j->story_fd = memfd_create("story", MFD_CLOEXEC);
	if (j->story_fd < 0)
		pf_complain("%s", strerror(errno));
	else
		j->shared = pf_ward_memory(sizeof(*j->shared));
	if (!j->shared) {
		close(j->story_fd);
		free(j);
		return NULL;
	}
	j->open = (struct court){.judge = j, .only = -1, .ward.seconds = config->seconds};
	j->closed = (struct court){
		.judge = j, .only = -1, .ward.seconds = config->seconds, .closed_memory = true};
	if (pf_ward_open(&j->open.ward) && pf_ward_open(&j->closed.ward) &&
	    (config->in_process ? open_here(j) : start_court(&j->open)))
		return j;
	pf_judge_close(j);
	return NULL;
}

void pf_judge_close(struct pf_judge *j)
{
	if (!j)
		return;
	close_here(j);
	close_court(&j->open);
	close_court(&j->closed);
	pf_ward_close(&j->open.ward);
	pf_ward_close(&j->closed.ward);
	pf_ward_memory_free(j->shared, sizeof(*j->shared));
	close(j->story_fd);
	free(j);
}

void pf_judge_label(struct pf_judge *j, const char *label)
{
	snprintf(j->shared->label, sizeof(j->shared->label), "%s", label);
}

const struct pf_judgement *pf_judge_result(const struct pf_judge *j)
{
	return &j->result;
}

bool pf_judge_over(const struct pf_judge *j)
{
	return j->failed || pf_interrupted;
}

const char *pf_judge_name(const struct pf_judge *j, unsigned lane)
{
	return lane < j->result.nr_lanes ? j->result.name[lane]
					 : "pagefuzz itself, or nobody that can be told";
}

/* ------------------------------------------------------------------ runs -- */

static void write_verdict(const struct court *c, struct pf_verdict *v, enum pf_law law,
			  const char *text)
{
	const struct pf_judgement *result = &c->judge->result;
	const char *name[PF_MAX_LANES], *code[PF_MAX_LANES];

	for (unsigned i = 0; i < result->nr_lanes; i++) {
		name[i] = result->name[i];
		code[i] = result->code[i];
	}
	if (c->only < 0) {
		pf_ward_verdict(&c->ward, name, code, result->nr_lanes, law, text, v);
	} else {
		pf_ward_verdict(&c->ward, name + c->only, code + c->only, 1, law, text, v);
		v->lane = v->lane ? v->lane : (unsigned)c->only;
	}
}

/* A verdict of the child's, with nothing in it that could lead astray. */
static void take_verdict(const struct pf_judge *j, struct pf_verdict *v)
{
	*v = j->shared->verdict;
	if (v->law >= PF_NR_LAWS)
		v->law = PF_LAW_CRASH;
	if (v->lane > PF_MAX_LANES)
		v->lane = PF_MAX_LANES;
	if (v->other < -1 || v->other >= (int)j->result.nr_lanes)
		v->other = -1;
	if (v->op_kind > PF_OP_START)
		v->op_kind = PF_OP_END;
	if (v->about >= PF_NR_ABOUTS)
		v->about = PF_ABOUT_CRASH_PROCESS;
	v->signature[sizeof(v->signature) - 1] = '\0';
	v->cause[sizeof(v->cause) - 1] = '\0';
	v->detail[sizeof(v->detail) - 1] = '\0';
}

static void take_result(struct pf_judge *j)
{
	const struct pf_judgement *r = &j->shared->result;

	for (unsigned i = 0; i < j->result.nr_lanes; i++) {
		struct pf_figures *f = &j->result.figures[i];
		struct pf_figures now = r->figures[i];

		pf_figures_add(&now, f);
		now.largest_free_order = now.largest_free_order > PF_MAX_ORDER
						 ? PF_MAX_ORDER
						 : now.largest_free_order;
		*f = now;
	}
	j->result.exact = r->exact;
	j->result.hash = r->hash;
}

/* What was answered, and what goes with it. */
static enum pf_outcome take_answer(struct pf_judge *j, enum request_kind kind, struct pf_verdict *v)
{
	enum pf_outcome outcome = j->shared->outcome;

	if (kind != TELL && (outcome == PF_FINDING || outcome == PF_KNOWN))
		take_verdict(j, v);
	if (kind == RUN)
		take_result(j);
	return outcome <= PF_UNSUPPORTED ? outcome : PF_UNSUPPORTED;
}

static enum pf_outcome ask_here(struct pf_judge *j, enum request_kind kind, const struct pf_op *ops,
				size_t n, struct pf_verdict *v, FILE *out)
{
	struct clerk *k = j->here;

	k->request = (struct request){.kind = kind, .dump_every = kind == CLOSE, .nr_ops = n};
	/* Nobody writes there; of a child they are its own copy. */
	k->ops = (struct pf_op *)(uintptr_t)ops;
	j->here_out = out;
	serve(k);
	fflush(k->out);
	j->here_out = NULL;
	return take_answer(j, kind, v);
}

static bool is_kernel(const struct pf_judge *j, unsigned lane)
{
	return j->machine && lane < j->result.nr_lanes &&
	       !strncmp(j->result.name[lane], "kernel", strlen("kernel"));
}

/* One request, one answer; an end is a verdict. */
static enum pf_outcome ask(struct court *c, enum request_kind kind, const struct pf_op *ops,
			   size_t n, struct pf_verdict *v, FILE *out)
{
	struct pf_judge *j = c->judge;
	struct request r = {.kind = kind, .dump_every = kind == CLOSE, .nr_ops = n};
	enum pf_outcome outcome;
	enum pf_law law = PF_LAW_CRASH;
	char text[400];
	bool again;
	int status;

	if (pf_judge_over(j))
		return PF_UNSUPPORTED;
	if (j->here)
		return ask_here(j, kind, ops, n, v, out);
	if (!c->running && !start_court(c))
		return PF_UNSUPPORTED;
	if (kind == TELL)
		r.verdict = *v;
	c->ward.nr_said = 0;
	pf_ward_expect(&c->ward);
	if (write_all(c->request_fd, &r, sizeof(r)))
		write_all(c->request_fd, ops, n * sizeof(*ops));
	if (await(c, out, &status)) {
		outcome = take_answer(j, kind, v);
		if (outcome != PF_FINDING || v->law != PF_LAW_ALIVE || !is_kernel(j, v->lane)) {
			c->worked = true;
			return outcome;
		}
		/* A machine that has been worked on may not begin again as it did: a new one. */
		again = c->worked;
		close_court(c);
		return again ? ask(c, kind, ops, n, v, out) : outcome;
	}
	if (kind == TELL)
		return PF_FINDING;
	if (pf_interrupted)
		return PF_UNSUPPORTED;
	if (!pf_ward_explain(&c->ward, status, &law, text, sizeof(text)))
		snprintf(text, sizeof(text), "ended the process");
	/* Anybody may have sent that one, a machine short of memory too: does it come again? */
	if (law == PF_LAW_CRASH && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL &&
	    !c->killed) {
		c->killed = true;
		outcome = ask(c, kind, ops, n, v, out);
		c->killed = false;
		return outcome;
	}
	write_verdict(c, v, law, text);
	return PF_FINDING;
}

/* Once more, with so many seconds of CPU time for a call at most. */
static enum pf_outcome ask_for(struct court *c, enum request_kind kind, unsigned seconds,
			       const struct pf_op *ops, size_t n, struct pf_verdict *v)
{
	unsigned kept = c->ward.seconds;
	enum pf_outcome outcome;

	c->ward.seconds = seconds < kept ? seconds : kept;
	outcome = ask(c, kind, ops, n, v, NULL);
	c->ward.seconds = kept;
	return outcome;
}

static bool is_end(const struct pf_verdict *v)
{
	return v->law == PF_LAW_CRASH || v->law == PF_LAW_HANG;
}

static bool nobody_to_blame(const struct pf_verdict *v)
{
	return is_end(v) && v->lane == PF_MAX_LANES;
}

/* It ended outside of all implementations: who brings that about alone? */
static void find_culprit(struct pf_judge *j, const struct pf_op *ops, size_t n,
			 struct pf_verdict *v)
{
	unsigned nr = j->result.nr_lanes;

	for (unsigned i = 0; i < nr && nr > 1; i++) {
		struct court c = {.judge = j, .only = (int)i, .ward.seconds = j->open.ward.seconds};
		struct pf_verdict alone;

		if (!pf_ward_open(&c.ward))
			return;
		if (ask(&c, AGAIN, ops, n, &alone, NULL) == PF_FINDING) {
			struct pf_blame b = {.at = &c.ward.shared->at};
			char what[sizeof(v->detail)];

			snprintf(what, sizeof(what), "%s", v->detail);
			b.name[i] = j->result.name[i];
			b.code[i] = j->result.code[i];
			pf_verdict_write(v, &b, i, -1, v->law, PF_ABOUT_LAW,
					 "%s; alone it shows %.80s", what, alone.signature);
			i = nr;
		}
		close_court(&c);
		pf_ward_close(&c.ward);
	}
}

/* Of a child that has ended: what is left to tell, it tells in a new one. */
static void tell(struct court *c, const struct pf_op *ops, size_t n, const struct pf_verdict *v,
		 FILE *out)
{
	static struct pf_ward said; /* a copy of what asking again would overwrite */
	struct pf_verdict copy = *v;
	char *story = NULL;
	size_t size = 0;
	FILE *f;

	said = c->ward;
	f = v->op_kind == PF_OP_START || v->lane == PF_MAX_LANES || v->step > n
		    ? NULL
		    : open_memstream(&story, &size);
	if (f) {
		ask(c, TELL, ops, n, &copy, f);
		fclose(f);
	}
	if (size) {
		fwrite(story, 1, size, out);
	} else {
		fprintf(out, "finding   %s\nlaw       %s: %s\nblamed    %s\nwhat      %s\n",
			v->signature, pf_law_name[v->law], pf_law_text[v->law],
			pf_judge_name(c->judge, v->lane), v->detail);
		if (v->op_kind == PF_OP_START)
			fprintf(out, "where     the start, before the first of %zu operations\n",
				n);
		else
			fprintf(out, "where     operation %zu of %zu\n", v->step, n);
	}
	free(story);
	pf_ward_print_said(&said, out);
}

/* True: the verdict is another one, of a run with the framework's memory closed. */
static bool confirm(struct pf_judge *j, const struct pf_op *ops, size_t n, struct pf_verdict *v)
{
	struct pf_verdict closed;

	if (j->machine || j->here)
		return false;
	if (ask_for(&j->closed, AGAIN, CLOSED_SECONDS, ops, n, &closed) == PF_FINDING &&
	    is_end(&closed) && closed.lane < PF_MAX_LANES &&
	    j->closed.ward.shared->fault == PF_FAULT_FRAMEWORK) {
		*v = closed;
		return true;
	}
	if (nobody_to_blame(v))
		find_culprit(j, ops, n, v);
	return false;
}

static void copy_story(const struct pf_judge *j, FILE *out)
{
	char buf[8192];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(j->story_fd, buf, sizeof(buf), at)) > 0) {
		fwrite(buf, 1, (size_t)n, out);
		at += n;
	}
}

static void remember(struct pf_judge *j, const struct pf_verdict *v, bool closed)
{
	j->last_closed = closed;
	snprintf(j->last_signature, sizeof(j->last_signature), "%s", v->signature);
}

enum pf_outcome pf_judge_run(struct pf_judge *j, const struct pf_op *ops, size_t n,
			     struct pf_verdict *v, FILE *out)
{
	enum pf_outcome outcome = ask(&j->open, RUN, ops, n, v, out);
	bool closed = false;

	if (outcome != PF_FINDING && outcome != PF_KNOWN)
		return outcome;
	if (outcome == PF_FINDING)
		closed = confirm(j, ops, n, v);
	remember(j, v, closed);
	return outcome;
}

void pf_judge_story(struct pf_judge *j, const struct pf_op *ops, size_t n,
		    const struct pf_verdict *v, FILE *out)
{
	if (is_end(v))
		tell(j->last_closed ? &j->closed : &j->open, ops, n, v, out);
	else
		copy_story(j, out);
}

enum pf_outcome pf_judge_closed(struct pf_judge *j, const struct pf_op *ops, size_t n,
				struct pf_verdict *v)
{
	enum pf_outcome outcome;

	if (j->machine || j->here)
		return PF_CLEAN;
	outcome = ask_for(&j->closed, AGAIN, CLOSED_SECONDS, ops, n, v);
	/* Only a wild write counts: the rest is what pf_judge_run() finds as well. */
	if (outcome != PF_FINDING || !is_end(v) ||
	    j->closed.ward.shared->fault != PF_FAULT_FRAMEWORK)
		return PF_CLEAN;
	remember(j, v, true);
	return PF_FINDING;
}

/*
 * Twins that differ do so wherever that is noticed: with a machine among them, of which few
 * questions are asked, the operation does not matter.
 */
static bool is_same(const struct pf_judge *j, const struct pf_verdict *v)
{
	size_t n = strlen(j->last_signature);
	const char *slash = strrchr(j->last_signature, '/');

	if (j->machine && v->law == PF_LAW_EXACT && slash)
		n = (size_t)(slash - j->last_signature) + 1;
	else if (strlen(v->signature) != n)
		return false;
	return !strncmp(v->signature, j->last_signature, n);
}

static bool same(struct pf_judge *j, enum request_kind kind, const struct pf_op *ops, size_t n,
		 unsigned seconds, size_t *step)
{
	struct pf_verdict v;
	enum pf_outcome outcome;

	outcome = ask_for(j->last_closed ? &j->closed : &j->open, kind, seconds, ops, n, &v);
	if (outcome == PF_FINDING && nobody_to_blame(&v))
		find_culprit(j, ops, n, &v);
	*step = v.step;
	return (outcome == PF_FINDING || outcome == PF_KNOWN) && is_same(j, &v);
}

bool pf_judge_same(struct pf_judge *j, const struct pf_op *ops, size_t n, unsigned seconds,
		   size_t *step)
{
	return same(j, AGAIN, ops, n, seconds, step);
}

bool pf_judge_close_look(struct pf_judge *j, const struct pf_op *ops, size_t n, size_t *step)
{
	return same(j, CLOSE, ops, n, UINT_MAX, step);
}

enum pf_judge_machine pf_judge_machine(const struct pf_judge *j)
{
	if (!j->machine)
		return PF_JUDGE_NO_MACHINE;
	for (unsigned i = 0; i < j->result.nr_lanes; i++)
		if (!strncmp(j->result.name[i], "recorded", strlen("recorded")))
			return PF_JUDGE_TRANSCRIPT;
	return PF_JUDGE_KERNEL;
}

int pf_judge_refused(const struct pf_judge *j, const struct pf_op *ops, size_t n, const char *path)
{
	char why[120];

	pf_limits_explain(ops, n, &j->result.limits, why, sizeof(why));
	return pf_complain("%s: no implementation supports this layout%s%s%s", path,
			   *why ? " (it has " : "", why, *why ? ")" : "");
}
