"""Checks every place that `layoutcheck diff OLD NEW TYPE... --format json` tells against `show` of both images.

    claims.py PROGRAM OLD NEW < JSON

stdout: a line per claim that is wrong, then "N claims, N wrong"; exit code 1 when one is wrong.
"""

import json
import re
import subprocess
import sys

program, *files = sys.argv[1:]
types = json.load(sys.stdin)["types"]
names = [told["type"] for told in types]
shown = {}
for side, file in zip(("old", "new"), files):
    run = subprocess.run([program, "show", file, *names, "--format", "json"], capture_output=True, text=True)
    for told in json.loads(run.stdout)["types"]:
        # The first element stands for all.
        members = {re.sub(r"(\[0\])+", "[]", item["path"]): (item["bit_offset"], item["bit_size"]) for item in told["items"] if item["kind"] == "member"}
        shown[side, told["type"]] = told["byte_size"], members
claims, wrong = 0, 0
for told in types:
    for made in told["definitions"]:
        for side in ("old", "new"):
            size, members = shown[side, told["type"]]
            places = [(change["word"], change[side]) for change in made["changes"] if change[side]]
            claims += 1 + len(places)
            if made[side]["byte_size"] != size:
                wrong += 1
                print(f"{told['type']}: {side}: {made[side]['byte_size']} bytes, and show says {size}")
            for word, member in places:
                got = members.get(member["member"])
                # A part of a type that is known by a typedef: show does not list it.
                whole = members.get(member["member"].rpartition(".")[0])
                is_part = got is None and whole and whole[0] <= member["bit_offset"] and member["bit_offset"] + member["bit_size"] <= whole[0] + whole[1]
                if got != (member["bit_offset"], member["bit_size"]) and not is_part:
                    wrong += 1
                    print(f"{told['type']}: {side}: {word} {member['member']} at {member['bit_offset']}+{member['bit_size']}, and show says {got}")
print(f"{claims} claims, {wrong} wrong")
sys.exit(1 if wrong or not claims else 0)
