/* The least cost of any method that reads all bytes: maps a file and sums the 64-bit words of its .debug_info. */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	struct stat st;
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	if (fd < 0 || fstat(fd, &st) != 0)
		return 2;
	const char *file = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED)
		return 2;
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)file;
	const Elf64_Shdr *sections = (const Elf64_Shdr *)(file + header->e_shoff);
	const char *names = file + sections[header->e_shstrndx].sh_offset;
	for (int i = 0; i < header->e_shnum; i++) {
		if (strcmp(names + sections[i].sh_name, ".debug_info") != 0)
			continue;
		const char *words = file + sections[i].sh_offset;
		uint64_t sum = 0;
		for (uint64_t at = 0; at + 8 <= sections[i].sh_size; at += 8) {
			uint64_t word;
			memcpy(&word, words + at, 8);
			sum += word;
		}
		printf("%llx\n", (unsigned long long)sum);
		return 0;
	}
	return 1;
}
