/* SPDX-License-Identifier: GPL-2.0-only */
/* lab.h - between the agent and the module: /dev/lab and its one ioctl. */
#ifndef LAB_H
#define LAB_H

#include <linux/ioctl.h>

#include "proto.h"

struct lab_run {
	uint64_t requests; /* in: address of nr_requests struct lab_request */
	uint64_t replies;  /* in: address of LAB_MAX_REPLY_WORDS words */
	uint32_t nr_requests;
	uint32_t reply_words; /* out */
	uint32_t nr_done;     /* out */
	uint32_t status;      /* out: enum lab_status */
	uint32_t shutdown;    /* out: the batch ended with LAB_SHUTDOWN */
	uint32_t reserved;
	uint64_t nanoseconds; /* out */
};

#define LAB_RUN _IOWR('L', 1, struct lab_run)

#endif /* LAB_H */
