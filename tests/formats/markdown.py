"""Compares the tables of a page that cmark-gfm made of our Markdown with the rows of the TSV: markdown.py HTML EXITCODE [TSV].

Every row of the TSV that is no pass is a row of the page, cell by cell; and the page has no tag but those that Markdown and the report itself make.
"""
import html.parser
import sys

OURS = set("h1 h2 h3 p em strong code pre table thead tbody tr th td ul ol li details summary br".split())
WORDS = {0: "holds", 1: "violated", 3: "unreadable", 4: "undecided"}


class Page(html.parser.HTMLParser):
    """The rows of all tables as text, the first heading, and the tags."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.rows, self.tags, self.heading, self._cell, self._in_heading = [], set(), "", None, False

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if any(name not in ("align",) for name, _ in attributes):
            self.tags.add(f"{tag} with {attributes}")
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self._cell = ""
        self._in_heading = self._in_heading or (tag == "h2" and not self.heading)

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.rows[-1].append(self._cell)
            self._cell = None
        elif tag == "h2":
            self._in_heading = False

    def handle_data(self, data):
        if self._cell is not None:
            self._cell += data
        if self._in_heading:
            self.heading += data


def main(path, verdict, tsv=None):
    faults = []
    page = Page()
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    page.feed(text)
    page.close()
    if page.tags - OURS:
        faults.append(f"tags that are not ours: {sorted(page.tags - OURS)[:5]}")
    if not page.heading.startswith(f"{WORDS[verdict]}: "):
        faults.append(f"the heading tells another verdict: {page.heading}")
    grave = [r for r in page.rows if r and r[0] in ("violated", "undecided", "unreadable")]
    if bool(grave) != (verdict != 0):
        faults.append("the rows tell another verdict")
    if tsv:
        with open(tsv, encoding="utf-8", newline="") as file:
            checks = [line.split("\t") for line in file.read().rstrip("\n").split("\n")[1:]]
        rows = [[c.strip() for c in r] for r in page.rows if len(r) == 5 and r[0] in ("violated", "undecided", "unreadable", "warning", "note")]
        wanted = []
        for _, _, _, rule, check, outcome, reason, consequence, declared in checks:
            if outcome in ("holds", "not_applicable"):
                continue
            begin = "cannot tell: " if outcome == "undecided" and not reason.startswith("cannot tell") else ""
            wanted.append([outcome, rule, begin + reason + (f": {consequence}" if consequence else ""), declared, check])
        said = sum(int(t.split(" row")[0]) for t in text.replace("\n", " ").split("and ")[1:] if t.split(" row")[0].isdigit() and " more, which" in t[:60])
        shown = [r for r in rows if r[1] and r[2]]
        missing = [w for w in wanted if [c.strip()[:2000] for c in w] not in [[c[:2000] for c in r] for r in shown]] if len(wanted) < 2000 else []
        if missing:
            faults.append(f"no row for {missing[0]}; rows: {shown[:2]}")
        if len(shown) + said < len(wanted):
            faults.append(f"{len(shown)} rows and {said} said to be left out, of {len(wanted)}")
    if faults:
        print("\n".join(faults)[:3000])
        return 1
    return 0


sys.exit(main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
