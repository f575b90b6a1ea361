// SPDX-License-Identifier: GPL-2.0-only
/*
 * replay.c - main() for a fuzz target without any engine: runs the files named
 * on the command line, and all files of the directories named there; options of engines are
 * passed over.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Not every target has one. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* The custom mutator is linked in with the target, but nothing here mutates. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	(void)data;
	(void)size;
	(void)max_size;
	return 0;
}

static unsigned long nr_files;
static int status;

static void complain(const char *path, const char *why)
{
	fprintf(stderr, "replay: %s: %s\n", path, why);
	status = 2;
}

static void run_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(size ? size : 1);

	if (!f || !data) {
		complain(path, strerror(errno));
	} else if (fread(data, 1, size, f) != size) {
		complain(path, "can't be read to its end");
	} else {
		LLVMFuzzerTestOneInput(data, size);
		nr_files++;
	}
	free(data);
	if (f)
		fclose(f);
}

static void run_path(const char *path)
{
	struct dirent **entry;
	struct stat st;
	int n;

	if (stat(path, &st)) {
		complain(path, strerror(errno));
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		run_file(path, st.st_size);
		return;
	}
	n = scandir(path, &entry, NULL, alphasort);
	if (n < 0) {
		complain(path, strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		char inner[4096];

		if (entry[i]->d_name[0] != '.') {
			snprintf(inner, sizeof(inner), "%s/%s", path, entry[i]->d_name);
			run_path(inner);
		}
		free(entry[i]);
	}
	free(entry);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE-OR-DIRECTORY...\n", argv[0]);
		return 2;
	}
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		if (argv[i][0] != '-')
			run_path(argv[i]);
	printf("replayed %lu files\n", nr_files);
	return status;
}
