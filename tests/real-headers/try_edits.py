#!/usr/bin/env python3
"""Compiles each edit of the list, asks layoutcheck for its verdict from DWARF and from BTF and for the difference from the unedited headers, and compares
both with the wanted ones.

    try_edits.py PROGRAM SOURCES WORK [ROW...]

PROGRAM is layoutcheck; SOURCES has a folder per kernel, as `fetch` makes it; WORK is a folder for what is made. ROW is the id of a row; without one, all are tried.
stdout: a line per row that is wrong, then the counts. Exit code 1 when a row is wrong.
"""

import json
import re
import shutil
import subprocess
import sys
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import diff_edits
import header_edit

HERE = Path(__file__).resolve().parent
VERDICTS = {"0": 0, "0w": 0, "0?": 0, "1": 1, "4": 4}    # 0w: with a warning; 0?: with or without
EXIT_WORDS = {0: "holds", 1: "violated", 2: "usage", 3: "unreadable", 4: "undecided"}
Row = namedtuple("Row", "id kernel dwarf btf title words edit")
Result = namedtuple("Result", "row faults asserts")

# The kernel's own options, as far as layout and parsing depend on them.
OPTIONS = """-nostdinc -D__KERNEL__ -std=gnu11 -fms-extensions -fshort-wchar -funsigned-char -fno-strict-aliasing -fno-common -mcmodel=kernel -m64
-mno-sse -mno-mmx -mno-sse2 -mno-80387 -fno-pie -O2 -g -Wno-attributes""".split()

# A failed static_assert becomes this warning, so that one compilation tells how many fire and gives an object all the same.
FIRES = "-Wshift-count-overflow"
QUIET_ASSERT = "#define __static_assert(expr, msg, ...) _Static_assert((1LL << ((expr) ? 0 : 70)) | 1, msg)"


def read_rows(path):
    rows, seen = [], set()
    joined = re.sub(r"\n[ \t]+(?=\S)", " ", path.read_text())
    for line in joined.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip().replace("\\|", "|") for field in re.split(r"(?<!\\)\|", line, maxsplit=6)]
        if len(fields) != 7 or fields[2] not in VERDICTS or fields[3] not in VERDICTS or fields[0] in seen:
            sys.exit(f"{path.name}: not a row, or its id is taken: {line}")
        seen.add(fields[0])
        rows.append(Row(*fields))
    return rows


class Bench:
    """One kernel's headers, ready to be compiled against."""

    def __init__(self, sources, work, kernel):
        self.source = sources / kernel / "source"
        headers = sources / kernel / "headers"
        self.quiet = work / f"quiet-{kernel}"
        build_bug = (self.source / "include/linux/build_bug.h").read_text()
        made, count = re.subn(r"^#define __static_assert\(.*$", QUIET_ASSERT, build_bug, flags=re.M)
        if count != 1:
            sys.exit(f"{kernel}: build_bug.h defines __static_assert {count} times")
        (self.quiet / "linux").mkdir(parents=True, exist_ok=True)
        (self.quiet / "linux/build_bug.h").write_text(made)
        folders = [
            self.quiet, self.source / "arch/x86/include", headers / "arch/x86/include/generated", self.source / "include", headers / "include",
            self.source / "arch/x86/include/uapi", headers / "arch/x86/include/generated/uapi", self.source / "include/uapi",
            headers / "include/generated/uapi", self.source,
        ]
        forced = [self.source / "include/linux" / name for name in ("compiler-version.h", "kconfig.h", "compiler_types.h")]
        self.folders = [f"-I{folder}" for folder in folders]
        self.forced = [word for file in forced for word in ("-include", str(file))]

    def compile(self, overlay, defines, output):
        return subprocess.run(
            ["gcc", f"-I{overlay}", *self.folders, *self.forced, *OPTIONS, *defines, "-c", str(HERE / "unit.c"), "-o", str(output)],
            capture_output=True, text=True)


def check(program, file, source):
    run = subprocess.run([program, "check", str(file), "--source", source, "--format", "json", "--width", "0"], capture_output=True, text=True)
    try:
        return run.returncode, json.loads(run.stdout)
    except json.JSONDecodeError:
        return run.returncode, {"headline": run.stderr.strip(), "rules": []}


def warnings_of(report):
    """The number of violated warnings; None when the report does not count them."""
    counts = report.get("rules_by_outcome", {})
    return next((counts[name] for name in ("warnings", "warning") if name in counts), None)


def words_of(report):
    """What the report says is wrong: the headline, and reason and consequence of each check that is not met."""
    said = [report.get("headline") or ""]
    for rule in report.get("rules", []):
        for made in rule.get("checks", []):
            if made["outcome"] not in ("holds", "not_applicable"):
                said += [made.get("reason") or "", made.get("consequence") or ""]
    return "\n".join(said)


def blame(report):
    return ", ".join(rule["id"] for rule in report.get("rules", []) if rule["outcome"] not in ("holds", "not_applicable")) or "no rule"


def judge(program, file, source, wanted, words):
    """What is wrong with a verdict, in a line; empty when nothing is."""
    code, report = check(program, file, source)
    got = EXIT_WORDS.get(code, f"exit code {code}")
    if code != VERDICTS[wanted]:
        return f"{source}: wanted {EXIT_WORDS[VERDICTS[wanted]]}, got {got} ({blame(report)})"
    warnings = warnings_of(report)
    if wanted == "0w" and warnings == 0:
        return f"{source}: wanted a warning, got none"
    if wanted == "0" and warnings:
        return f"{source}: wanted no warning, got {warnings} ({blame(report)})"
    if words and not re.search(words, words_of(report), re.I):
        return f"{source}: the words have no /{words}/: {report.get('headline')}"
    return ""


def try_row(program, benches, bases, said, work, row):
    bench, overlay = benches[row.kernel], work / row.id
    overlay.mkdir(parents=True, exist_ok=True)
    dwarf, btf = overlay / "unit.o", overlay / "unit-btf.o"
    try:
        defines = header_edit.apply(bench.source, row.edit, overlay)
    except header_edit.EditError as error:
        return Result(row, [f"the edit cannot be made: {error}"], 0)
    compiled = bench.compile(overlay, defines, dwarf)
    asserts = len(re.findall(re.escape(f"[{FIRES}]"), compiled.stderr))
    if compiled.returncode:
        errors = [line for line in compiled.stderr.splitlines() if "error:" in line]
        return Result(row, ["does not compile: " + (errors or [compiled.stderr[-200:]])[0]], 0)

    shutil.copy(dwarf, btf)
    encoded = subprocess.run(["pahole", "-J", str(btf)], capture_output=True, text=True)
    faults = [judge(program, dwarf, "dwarf", row.dwarf, row.words)]
    faults.append(judge(program, btf, "btf", row.btf, row.words) if not encoded.returncode else f"pahole -J: {encoded.stderr.strip()[:200]}")
    if not encoded.returncode:
        faults += diff_edits.judge(program, bases[row.kernel], dwarf, btf, said.get(row.id, "a line in the list diffs"))
    faults = [fault for fault in faults if fault]
    if not faults:
        shutil.rmtree(overlay)
    return Result(row, faults, asserts)


def try_form(program, benches, bases, work, kernel, name):
    folder = work / f"form-{kernel}-{name.replace(chr(32), chr(45))}"
    faults = diff_edits.form_faults(program, benches[kernel], bases[kernel], folder, name)
    return Result(Row(f"form {name}", kernel, "0", "0", "the unedited unit against itself in another form", "", ""), faults, 0)


def main():
    program, sources, work, *wanted = sys.argv[1:]
    rows = read_rows(HERE / "edits")
    unknown = set(wanted) - {row.id for row in rows}
    if unknown:
        sys.exit(f"no row has the id {' '.join(sorted(unknown))}")
    rows = [row for row in rows if not wanted or row.id in wanted]
    work = Path(work)
    benches = {kernel: Bench(Path(sources), work, kernel) for kernel in {row.kernel for row in rows}}
    bases = {kernel: diff_edits.Base(bench, work / f"base-{kernel}") for kernel, bench in benches.items()}
    said = diff_edits.read_wanted(HERE / "diffs")

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda row: try_row(program, benches, bases, said, work, row), rows))
        if not wanted:
            forms = [(kernel, name) for kernel in benches for name in diff_edits.FORMS]
            results += pool.map(lambda form: try_form(program, benches, bases, work, *form), forms)
    wrong = [result for result in results if result.faults]
    for result in wrong:
        print(f"WRONG  {result.row.id}  {result.row.kernel}  {result.row.title}: {'; '.join(result.faults)}")
    bad = [result for result in results if result.row.dwarf == "1"]
    silent = [result for result in bad if not result.asserts]
    found = [result for result in silent if not result.faults]
    print(f"Of {len(bad)} edits that break something, the kernel's own assertions say nothing about {len(silent)}; layoutcheck is right about {len(found)} of those")
    print(f"{len(results)} edits, {len(results) - len(wrong)} right, {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
