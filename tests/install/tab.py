"""Completion in the real shells: bash, zsh and fish on a terminal of their own, each with keys that a user presses.

python3 tab.py PROGRAM IMAGE prints a line per check: "ok ..." or what was wrong. A wrapper named layoutcheck hands `complete` and `completion` to the program
and writes down the words of any other call: what the shell made of the line is known exactly, whatever it drew.
"""

import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

PATIENCE = 20.0
PROMPT = "READY> "


class Shell:
    """A shell on a pseudo terminal, with the completion of the program and no other setting."""

    def __init__(self, name, folder):
        self.name = name
        home = os.path.join(folder, name)
        os.makedirs(os.path.join(home, ".config", "fish"))
        environment = {
            "HOME": home, "ZDOTDIR": home, "XDG_CONFIG_HOME": os.path.join(home, ".config"), "XDG_DATA_HOME": home, "TERM": "dumb" if name != "fish" else "xterm",
            "PATH": folder + ":" + os.environ["PATH"], "LC_ALL": "C.UTF-8", "WORDS": os.path.join(folder, "words"), "PS1": PROMPT,
        }
        with open(os.path.join(home, ".bashrc"), "w") as file:
            file.write(f"PS1='{PROMPT}'\nbind 'set enable-bracketed-paste off' 2>/dev/null\neval \"$(layoutcheck completion bash)\"\n")
        with open(os.path.join(home, ".zshrc"), "w") as file:
            file.write(f"PS1='{PROMPT}'\nunsetopt zle_bracketed_paste\nautoload -Uz compinit && compinit -u\neval \"$(layoutcheck completion zsh)\"\n")
        with open(os.path.join(home, ".config", "fish", "config.fish"), "w") as file:
            file.write(f"function fish_prompt; echo -n '{PROMPT}'; end\nset -g fish_greeting\nset -g fish_autosuggestion_enabled 0\nlayoutcheck completion fish | source\n")
        command = {"bash": ["bash", "--noprofile", "-i"], "zsh": ["zsh", "-i"], "fish": ["fish", "-i"]}[name]
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)
        self.screen = ""
        self.wait_for(PROMPT)

    def read(self, seconds):
        ready, _, _ = select.select([self.terminal], [], [], seconds)
        if ready:
            try:
                self.screen += os.read(self.terminal, 65536).decode("utf-8", "replace")
            except OSError:
                return False
        return bool(ready)

    def wait_for(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.screen and time.monotonic() < end:
            self.read(0.2)
        if text not in self.screen:
            raise TimeoutError(f"{self.name} does not show {text!r}: {self.screen[-300:]!r}")
        while self.read(0.3):
            pass

    def press(self, keys, words):
        """Types keys, then Enter; the words that the program was called with, or None."""
        if os.path.exists(words):
            os.remove(words)
        os.write(self.terminal, keys.encode())
        # The shell has asked the program when it has drawn its answer.
        end = time.monotonic() + 3
        while time.monotonic() < end and self.read(0.7):
            pass
        os.write(self.terminal, b"\r")
        end = time.monotonic() + PATIENCE
        while not os.path.exists(words) and time.monotonic() < end:
            self.read(0.1)
        while self.read(0.2):
            pass
        if not os.path.exists(words):
            return None
        with open(words, encoding="utf-8") as file:
            return file.read().split("\n")[:-1]

    def close(self):
        os.close(self.terminal)
        try:
            os.kill(self.process, 9)
        except ProcessLookupError:
            pass
        os.waitpid(self.process, 0)


def main():
    program, image = sys.argv[1:3]
    folder = tempfile.mkdtemp()
    try:
        words = os.path.join(folder, "words")
        with open(os.path.join(folder, "layoutcheck"), "w") as file:
            file.write(f"#!/bin/sh\ncase $1 in complete|completion) exec '{program}' \"$@\" ;; esac\nprintf '%s\\n' \"$@\" >\"$WORDS.new\" && mv \"$WORDS.new\" \"$WORDS\"\n")
        os.chmod(os.path.join(folder, "layoutcheck"), 0o755)
        shutil.copy(image, os.path.join(folder, "my image.elf"))
        shutil.copy(image, os.path.join(folder, "vmlinux"))
        os.mkdir(os.path.join(folder, "only-folder"))
        cases = [
            ("a command", "expl\t", ["explain"]),
            ("an option", "check vmlinux --form\t", ["check", "vmlinux", "--format"]),
            ("a value of an option", "check vmlinux --format sari\t", ["check", "vmlinux", "--format", "sarif"]),
            ("a value behind =", "check vmlinux --format=sari\t", ["check", "vmlinux", "--format=sarif"]),
            ("a rule", "explain pgmap-on\t", ["explain", "pgmap-on-compound-head"]),
            ("a file", "check vml\t", ["check", "vmlinux"]),
            ("a file with a space", "check my\t", ["check", "my image.elf"]),
            ("a folder", "check vmlinux --debug-dir only\t", ["check", "vmlinux", "--debug-dir", "only-folder/"]),
            ("a file behind =", "check vmlinux --output=vml\t", ["check", "vmlinux", "--output=vmlinux"]),
            ("a format of a report, then its file", "check vmlinux --report sari\tvml\t", ["check", "vmlinux", "--report", "sarif=vmlinux"]),
            ("a member", "show vmlinux page.ma\t", ["show", "vmlinux", "page.mapping"]),
            ("a member of an image with a space in its name", "show my\\ image.elf page.ma\t", ["show", "my image.elf", "page.mapping"]),
            ("a type in quotes", "show vmlinux 'struct dev_pagem\t", ["show", "vmlinux", "struct dev_pagemap"]),
            ("nothing of what is no image", "show only-folder pa\t", ["show", "only-folder", "pa"]),
        ]
        for name in ("bash", "zsh", "fish"):
            shell = Shell(name, folder)
            try:
                for what, keys, expected in cases:
                    found = shell.press("layoutcheck " + keys, words)
                    # A folder may end with its slash or without.
                    if found is not None and [w.rstrip("/") for w in found] == [w.rstrip("/") for w in expected]:
                        print(f"ok {name}: {what}", flush=True)
                    else:
                        print(f"{name}: {what}: {keys!r} became {found}", flush=True)
                        # It was left in the middle of a line.
                        shell.close()
                        shutil.rmtree(os.path.join(folder, name))
                        shell = Shell(name, folder)
            finally:
                shell.close()
        direct(folder, image)
    finally:
        shutil.rmtree(folder)


def direct(folder, image):
    """The engines without a terminal: bash's function by its variables, fish's `complete -C`."""
    environment = dict(os.environ, PATH=folder + ":" + os.environ["PATH"], WORDS=os.path.join(folder, "words"))
    script = 'eval "$(layoutcheck completion bash)"; COMP_WORDS=(layoutcheck show "$0" page.ma); COMP_CWORD=3; _layoutcheck; printf "%s\\n" "${COMPREPLY[@]}"'
    found = subprocess.run(["bash", "-c", script, image], env=environment, capture_output=True, text=True)
    print("ok bash: COMPREPLY" if (found.stdout, found.stderr) == ("page.mapping\n", "") else f"bash: COMPREPLY is {found.stdout!r} {found.stderr!r}")
    script = f"layoutcheck completion fish | source; complete -C 'layoutcheck show {image} page.ma'"
    found = subprocess.run(["fish", "-c", script], env=environment, capture_output=True, text=True)
    print("ok fish: complete -C" if (found.stdout, found.stderr) == ("page.mapping\n", "") else f"fish: complete -C says {found.stdout!r} {found.stderr!r}")


main()
