/*
 * core-judge OBJECT BTF...: for each kernel's BTF, what libbpf makes of each CO-RE relocation of a BPF object: a line
 *
 *     BTF <tab> section <tab> instruction <tab> kind <tab> access <tab> resolved VALUE | missing | refused
 *
 * Links libbpf.a for the functions that its shared library hides: bpf_core_add_cands, bpf_core_calc_relo_insn and bpf_core_patch_insn. Their types are declared here, as
 * libbpf 1.0 and later lay them out. No program is loaded.
 */
#include <errno.h>
#include <gelf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

struct bpf_core_cand { const struct btf *btf; __u32 id; };
struct bpf_core_cand_list { struct bpf_core_cand *cands; int len; };
struct bpf_core_relo_res { __u64 orig_val, new_val; bool poison, validate, fail_memsz_adjust; __u32 orig_sz, orig_type_id, new_sz, new_type_id; };
struct bpf_core_spec;
struct relocation { __u32 insn_off, type_id, access_str_off; __u32 kind; };

size_t bpf_core_essential_name_len(const char *name);
int bpf_core_add_cands(struct bpf_core_cand *local, size_t len, const struct btf *target, const char *name, int start, struct bpf_core_cand_list *cands);
int bpf_core_calc_relo_insn(const char *prog, const void *relo, int index, const struct btf *local, struct bpf_core_cand_list *cands, struct bpf_core_spec *scratch, struct bpf_core_relo_res *result);
int bpf_core_patch_insn(const char *prog, struct bpf_insn *insn, int insn_index, const void *relo, int index, const struct bpf_core_relo_res *result);

static const char *kinds[] = { "byte_off", "byte_sz", "field_exists", "signed", "lshift_u64", "rshift_u64", "local_type_id", "target_type_id", "type_exists", "type_size", "enumval_exists", "enumval_value", "type_matches" };

/* The candidates of each type of the object: libbpf keeps them, and takes out those that a relocation does not match. */
static struct bpf_core_cand_list **all_cands;

static void die(const char *what) { fprintf(stderr, "core-judge: %s\n", what); exit(2); }

static Elf_Data *section(Elf *elf, const char *name)
{
	size_t names;
	Elf_Scn *scn = NULL;

	if (elf_getshdrstrndx(elf, &names))
		die("no section names");
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr header;
		if (gelf_getshdr(scn, &header) && !strcmp(elf_strptr(elf, names, header.sh_name), name))
			return elf_getdata(scn, NULL);
	}
	return NULL;
}

static void judge(const char *target_name, const struct btf *local, const struct btf *target, const char *name, Elf_Data *code, const struct relocation *relo, int index)
{
	/* Three specs of 64 accessors, generously. */
	static char scratch[3 * 4096];
	struct bpf_core_relo_res result = {};
	struct bpf_insn insn[2] = {};
	const struct btf_type *type = btf__type_by_id(local, relo->type_id);
	const char *type_name = btf__name_by_offset(local, type->name_off);
	struct bpf_core_cand_list *cands = all_cands[relo->type_id];
	int err = 0;

	if (relo->kind != BPF_CORE_TYPE_ID_LOCAL && !cands) {
		struct bpf_core_cand local_cand = { local, relo->type_id };
		cands = all_cands[relo->type_id] = calloc(1, sizeof(*cands));
		err = type_name && *type_name ? bpf_core_add_cands(&local_cand, bpf_core_essential_name_len(type_name), target, "vmlinux", 1, cands) : -EINVAL;
	}
	memset(scratch, 0, sizeof(scratch));
	if (!err)
		err = bpf_core_calc_relo_insn("judge", relo, index, local, cands, (void *)scratch, &result);
	memcpy(insn, (char *)code->d_buf + relo->insn_off, relo->insn_off + 16 <= code->d_size ? 16 : 8);
	if (!err)
		err = bpf_core_patch_insn("judge", insn, relo->insn_off / 8, relo, index, &result);
	printf("%s\t%s\t%u\t%s\t%s\t", target_name, name, relo->insn_off / 8, kinds[relo->kind], btf__name_by_offset(local, relo->access_str_off));
	if (err)
		printf("refused\n");
	else if (insn[0].code == (BPF_JMP | BPF_CALL) && insn[0].imm == 195896080)
		printf("missing\n");
	else
		printf("resolved %llu\n", (unsigned long long)result.new_val);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return getenv("VERBOSE") ? vfprintf(stderr, format, args) : 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		die("usage: core-judge OBJECT BTF...");
	libbpf_set_print(quiet);
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(open(argv[1], O_RDONLY), ELF_C_READ, NULL);
	struct btf *local = btf__parse_elf(argv[1], NULL);
	Elf_Data *ext = elf ? section(elf, ".BTF.ext") : NULL;
	if (!local || !ext)
		die("no BPF object");
	btf__set_pointer_size(local, 8);
	const __u32 *header = ext->d_buf;
	const char *start = (char *)ext->d_buf + header[1] + header[6], *end = start + header[7];
	for (int i = 2; i < argc; i++) {
		struct btf *target = btf__parse(argv[i], NULL);
		if (!target)
			die(argv[i]);
		all_cands = calloc(btf__type_cnt(local), sizeof(*all_cands));
		__u32 size = *(__u32 *)start;
		for (const char *at = start + 4; at < end;) {
			const __u32 *group = (void *)at;
			const char *name = btf__name_by_offset(local, group[0]);
			Elf_Data *code = section(elf, name);
			if (!code)
				die(name);
			at += 8;
			for (__u32 n = 0; n < group[1]; n++, at += size)
				judge(argv[i], local, target, name, code, (void *)at, n);
		}
		btf__free(target);
	}
	return 0;
}
