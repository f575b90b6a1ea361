/* SPDX-License-Identifier: GPL-2.0-only */
/* json.h - results for scripts: what --json FILE of the subcommands writes. */
#ifndef PAGEFUZZ_COMMAND_JSON_H
#define PAGEFUZZ_COMMAND_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "../../oracle/oracle.h"

/* NULL: null. */
void pf_json_text(struct json_object *to, const char *key, const char *text);
void pf_json_number(struct json_object *to, const char *key, uint64_t number);
/* signature, cause, what, blamed, operation: of a finding. */
void pf_json_verdict(struct json_object *to, const struct pf_verdict *v, const char *blamed);

/* Takes the place of the text. */
bool pf_json_to_stdout(const char *path);
/* Takes o, and writes it ("-": to standard output). False: complained. */
bool pf_json_write(const char *path, struct json_object *o);

#endif /* PAGEFUZZ_COMMAND_JSON_H */
