// SPDX-License-Identifier: GPL-2.0-only
/*
 * make_dict.c - prints the dictionary of the operation language, for libFuzzer
 * and AFL++ alike: whole operations that blind mutations would have to guess.
 *
 * For each kind the plain operation; for each operand with symbols every symbol,
 * for each number a small, a middling and the greatest value.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "../language/codec.h"

/* Most programs of a corpus have something in a low slot. */
#define SLOT 1

static void print_entry(const char *name, const struct pf_op *op)
{
	uint8_t byte[PF_OP_BYTES_MAX];
	size_t n = pf_encode(op, 1, byte, sizeof(byte), NULL);

	printf("%s=\"", name);
	for (size_t i = 0; i < n; i++) {
		/* Digits of small values are printable, and easier to read like that. */
		if (isalnum(byte[i]))
			putchar(byte[i]);
		else
			printf("\\x%02X", byte[i]);
	}
	printf("\"\n");
}

static struct pf_op plain(unsigned kind)
{
	return (struct pf_op){.kind = kind, .slot = pf_op_info[kind].has_slot ? SLOT : 0};
}

static void print_symbols(struct pf_op op, unsigned arg)
{
	const struct pf_op_info *info = &pf_op_info[op.kind];
	const struct pf_operand *operand = &info->operand[arg];
	char name[128];

	/* Symbol 0 is the plain operation. */
	for (unsigned i = 1; i < operand->nr_symbols; i++) {
		op.arg[arg] = i;
		if (operand->bare)
			snprintf(name, sizeof(name), "%s_%s", info->name, operand->symbol[i]);
		else
			snprintf(name, sizeof(name), "%s_%s_%s", info->name, operand->name,
				 operand->symbol[i]);
		print_entry(name, &op);
	}
}

static void print_numbers(struct pf_op op, unsigned arg)
{
	const struct pf_op_info *info = &pf_op_info[op.kind];
	const struct pf_operand *operand = &info->operand[arg];
	const bool wide = operand->max > 512;
	const uint32_t numbers[] = {1, wide ? 64 : (operand->max + 1) / 2,
				    wide ? 512 : operand->max};
	const uint32_t bits[] = {PF_GFP_HIGH, PF_GFP_NORETRY, PF_GFP_THISNODE};
	char name[128];

	for (uint32_t i = 0, last = 0; i < 3; i++) {
		uint32_t value = operand->hex ? bits[i] : numbers[i];

		if (value <= last)
			continue;
		last = op.arg[arg] = value;
		snprintf(name, sizeof(name), "%s_%s_%u", info->name, operand->name, last);
		print_entry(name, &op);
	}
}

/* What is set and to what belong together. */
static void print_config(void)
{
	static const struct {
		const char *name;
		uint32_t key, value;
	} settings[] = {
		{"pages_256", PF_CONFIG_PAGES, 256},
		{"pages_1024", PF_CONFIG_PAGES, 1024},
		{"pages_4096", PF_CONFIG_PAGES, 4096},
		{"pageblock_order_2", PF_CONFIG_PAGEBLOCK_ORDER, 2},
		{"pageblock_order_4", PF_CONFIG_PAGEBLOCK_ORDER, 4},
		{"pageblock_order_9", PF_CONFIG_PAGEBLOCK_ORDER, 9},
		{"max_order_4", PF_CONFIG_MAX_ORDER, 4},
		{"max_order_10", PF_CONFIG_MAX_ORDER, 10},
		{"cpus_2", PF_CONFIG_CPUS, 2},
		{"start_8", PF_CONFIG_START, 8},
		{"min_8", PF_CONFIG_MIN, 8},
		{"min_32", PF_CONFIG_MIN, 32},
		{"base_64k", PF_CONFIG_BASE, 65536},
	};
	char name[64];

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		struct pf_op op = {.kind = PF_OP_CONFIG};

		op.arg[PF_CONFIG_KEY] = settings[i].key;
		op.arg[PF_CONFIG_VALUE] = settings[i].value;
		snprintf(name, sizeof(name), "config_%s", settings[i].name);
		print_entry(name, &op);
	}
}

static void print_kind(unsigned kind)
{
	const struct pf_op_info *info = &pf_op_info[kind];
	struct pf_op op = plain(kind);

	printf("\n");
	print_entry(info->name, &op);
	for (unsigned arg = 0; arg < info->nr_operands; arg++) {
		if (info->operand[arg].symbol)
			print_symbols(op, arg);
		else
			print_numbers(op, arg);
	}
}

int main(void)
{
	printf("# Operations of pagefuzz in byte form: an opcode, then the digits of its "
	       "operands.\n"
	       "# Made by targets/engines/make_dict.c.\n\n");
	print_config();
	for (unsigned kind = 0; kind < PF_NR_OPS; kind++)
		if (kind != PF_OP_CONFIG)
			print_kind(kind);
	return 0;
}
