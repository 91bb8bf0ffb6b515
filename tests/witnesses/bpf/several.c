#include "core.h"
/* Names of which kernels have several structs that agree in what is asked for. */
struct elf_note_info { void *thread; int none; } CORE;
struct getdents_callback { struct { void *actor; } ctx; int result; } CORE;
struct elf_thread_core_info { void *next; void *task; } CORE;
struct nf_conn { unsigned mark; } CORE;
struct perf_aux_event { struct { int type; } header; } CORE;
PROGRAM(several)(struct elf_note_info *i, struct elf_thread_core_info *e, struct nf_conn *n, struct getdents_callback *g, struct perf_aux_event *a)
{
	long sum = 0;
	USE(AT(i->thread)); USE(HAS(i->none)); USE(AT(e->next)); USE(AT(e->task)); USE(n->mark); USE(AT(g->ctx.actor)); USE(AT(a->header.type));
	USE(HAS_TYPE(struct elf_note_info)); USE(HAS_TYPE(struct nf_conn)); USE(HAS_TYPE(struct elf_thread_core_info));
	return sum;
}
