#include "core.h"
/* Names of which kernels have several structs: of two xen and x86, of three irq, of one with a flavour. */
struct irq_info { unsigned irq; int lock; void *chip_data; short type; } CORE;
struct elf_thread_core_info { void *task; int notes; } CORE;
struct pci_root_info { int none; } CORE;
struct remap_data { int no_translate; int mfn; } CORE;
struct nf_conn { unsigned mark; unsigned long status; } CORE;
PROGRAM(ambiguous)(struct irq_info *i, struct elf_thread_core_info *e, struct nf_conn *n, struct remap_data *r, struct pci_root_info *p)
{
	long sum = 0;
	USE(HAS(p->none)); USE(TYPE_SIZE(struct pci_root_info)); USE(KERNEL_ID(struct pci_root_info)); USE(HAS_TYPE(struct pci_root_info)); USE(AT(i->irq)); USE(AT(i->lock)); USE(HAS(i->irq));
	USE(AT(e->notes)); USE(HAS(e->task)); USE(n->mark); USE(n->status); USE(TYPE_SIZE(struct nf_conn)); USE(AT(r->mfn));
	return sum;
}
