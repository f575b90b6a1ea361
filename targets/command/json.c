// SPDX-License-Identifier: GPL-2.0-only
/* json.c - see json.h. */
#include "json.h"

#include <stdio.h>
#include <string.h>

#include "files.h"

void pf_json_text(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, text ? json_object_new_string(text) : NULL);
}

void pf_json_number(struct json_object *to, const char *key, uint64_t number)
{
	json_object_object_add(to, key, json_object_new_uint64(number));
}

void pf_json_verdict(struct json_object *to, const struct pf_verdict *v, const char *blamed)
{
	pf_json_text(to, "signature", v->signature);
	pf_json_text(to, "cause", v->cause);
	pf_json_text(to, "law", pf_law_text[v->law]);
	pf_json_text(to, "what", v->detail);
	pf_json_text(to, "blamed", blamed);
	pf_json_number(to, "operation", v->step);
}

bool pf_json_to_stdout(const char *path)
{
	return path && !strcmp(path, "-");
}

bool pf_json_write(const char *path, struct json_object *o)
{
	FILE *out = pf_create(path);

	if (out)
		fprintf(out, "%s\n",
			json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
								  JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return out && pf_close(out, path);
}
