/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of libc's. */
#include <linux/types.h>
