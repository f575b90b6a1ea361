/* SPDX-License-Identifier: GPL-2.0-only */
/* What impl.h and dump.h need of libc, out of the kernel's types. */
#include <linux/types.h>
#ifndef UINT32_MAX
#define UINT32_MAX 0xffffffffu
#endif
