// SPDX-License-Identifier: GPL-2.0-only
/* progress.c - see progress.h. */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 2.0 /* seconds, see progress.h */
#define EVERY	 0.25

volatile sig_atomic_t pf_interrupted;

static void on_signal(int sig)
{
	(void)sig;
	pf_interrupted = 1;
}

void pf_catch_interrupts(void)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

double pf_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static double start, last; /* of the task, of the line; 0: none */
static bool shown;
static char text[200];

void pf_progress_again(void)
{
	double now = pf_now();

	if (!text[0] || now - start < PATIENCE || now - last < EVERY || !isatty(2))
		return;
	last = now;
	shown = true;
	fprintf(stderr, "\r\033[K%s, %.0f s", text, now - start);
	fflush(stderr);
}

void pf_progress(const char *fmt, ...)
{
	va_list ap;

	if (start <= 0)
		start = pf_now();
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pf_progress_again();
}

void pf_progress_clear(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
	text[0] = '\0';
}
