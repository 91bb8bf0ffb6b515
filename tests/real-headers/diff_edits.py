"""What `layoutcheck diff` says of an edit: compared with the list `diffs`, and with the BTF of both sides as tests/real-kernels/btf_members.py reads it."""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "real-kernels"))
import btf_members  # noqa: E402

# So many members of one word are named; of more, their number is told.
MOST_NAMED = 6


def read_wanted(path):
    """What must be said, by the id of the row."""
    rows = (line.split("|", 1) for line in path.read_text().splitlines() if line.strip() and not line.startswith("#"))
    return {row.strip(): said.strip() for row, said in rows}


def ask(program, old, now, source):
    run = subprocess.run([program, "diff", str(old), str(now), "--source", source, "--no-rules", "--format", "json", "--threads", "1"], capture_output=True, text=True)
    try:
        return run.returncode, json.loads(run.stdout)
    except json.JSONDecodeError:
        return run.returncode, {"types": [], "headline": run.stderr.strip()}


def said(report):
    """The types with changes of their own, and their members by word: `folio: size 256 -> 264, moved lru, lru.next`. Types that only hold them are counted."""
    types, holders = [], 0
    for told in report["types"]:
        if told["causes"]:
            holders += 1
            continue
        for made in told["definitions"]:
            parts = []
            for what, name in (("byte_size", "size"), ("alignment", "alignment")):
                if made["old"][what] != made["new"][what] and None not in (made["old"][what], made["new"][what]):
                    parts.append(f"{name} {made['old'][what]} -> {made['new'][what]}")
            by_word = {}
            for change in made["changes"]:
                if change["class"] != "same":
                    before, after = (change[side] and change[side]["member"] for side in ("old", "new"))
                    pair = f"{before} to {after}" if change["word"] == "gives way to" else after or before
                    by_word.setdefault(change["word"].removesuffix(" to"), []).append(pair)
            parts += [f"{word} {', '.join(names) if len(names) <= MOST_NAMED else len(names)}" for word, names in by_word.items()]
            types.append(f"{told['type'].split()[-1]}: {'; '.join(parts) or 'nothing'}")
    return " / ".join(types + ([f"{holders} hold them"] if holders else [])) or "nothing"


class Base:
    """The unedited unit of a kernel."""

    def __init__(self, bench, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.dwarf, self.btf = folder / "unit.o", folder / "unit-btf.o"
        compiled = bench.compile(folder, [], self.dwarf)
        if compiled.returncode:
            sys.exit(f"the unedited unit does not compile: {compiled.stderr[-300:]}")
        self.btf.write_bytes(self.dwarf.read_bytes())
        subprocess.run(["pahole", "-J", str(self.btf)], check=True)
        self.wholes = btf_members.Btf(self.btf).wholes(8)


def judge(program, base, dwarf, btf, wanted):
    """What is wrong with what is said of an edit, a line each."""
    now = btf_members.Btf(btf).wholes(8)
    for source, old, new in (("dwarf", base.dwarf, dwarf), ("btf", base.btf, btf)):
        code, report = ask(program, old, new, source)
        words = said(report)
        is_layout = any(told["outcome"] == "layout" for told in report["types"])
        if code != (1 if is_layout else 0):
            yield f"diff, {source}: exit code {code} with {words}: {report['headline']}"
        count, wrong = btf_members.judge(report, base.wholes, now)
        yield from (f"diff, {source}: {name}: {'; '.join(found)}" for name, found in wrong.items())
        if not count:
            yield f"diff, {source}: no type is in both"
        # BTF has no alignment.
        if source == "dwarf" and words != wanted:
            yield f"diff says '{words}', wanted '{wanted}'"


# The same source described in other ways: nothing of it may be called a difference.
FORMS = {
    "DWARF 4": ["-gdwarf-4"], "DWARF 3": ["-gdwarf-3"], "compressed": ["-gz=zlib"], "type units": ["-gdwarf-5", "-fdebug-types-section"], "split": ["-gsplit-dwarf"],
    "stripped, with a debug link": [], "BTF": [], "not optimised": ["-O1"],
}


def form_faults(program, bench, base, folder, name):
    """What is called a difference between the unedited unit and one described in another way, a line each."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "unit.o"
    compiled = bench.compile(folder, FORMS[name], file)
    if compiled.returncode:
        return [f"does not compile: {compiled.stderr[-200:]}"]
    if name.startswith("stripped"):
        debug = folder / "unit.debug"
        for command in (["objcopy", "--only-keep-debug", file, debug], ["objcopy", "--strip-debug", file], ["objcopy", f"--add-gnu-debuglink={debug}", file]):
            subprocess.run([str(word) for word in command], check=True)
    elif name == "BTF":
        subprocess.run(["pahole", "-J", str(file)], check=True)
    faults = []
    for old, now in ((base.dwarf, file), (file, base.dwarf)):
        sources = [] if name != "BTF" else ["--old-source" if old == file else "--new-source", "btf"]
        run = subprocess.run([program, "diff", str(old), str(now), "--no-rules", "--fail-on", "any", "--format", "json", *sources], capture_output=True, text=True)
        report = json.loads(run.stdout) if run.stdout.startswith("{") else {"counts": {"compared": 0}, "headline": run.stderr.strip(), "types": []}
        if run.returncode or report["types"] or report["counts"]["compared"] < 300:
            faults.append(f"exit code {run.returncode}: {report['headline']}: {said(report)[:300]}")
    return faults
