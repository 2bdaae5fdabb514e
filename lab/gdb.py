# SPDX-License-Identifier: GPL-2.0-only
"""What gdb has to know of a guest of `lab/vm --gdb`; sourced by the script that names.

Loads the symbols of the project's modules when the kernel is about to start one, from
the .ko files in $rstmem_modules. The kernel's own come from its vmlinux, which has no
types; those of struct module are in the modules.
"""
import glob
import os
import subprocess

import gdb

# Parts of struct module's mem, each with the sections that it holds, in the order of
# the kernel's layout_sections(): what flags they have, and what flags not.
PARTS = (("MOD_TEXT", "X", ""), ("MOD_RODATA", "A", "WX"), ("MOD_DATA", "WA", "X"))


def sections(path):
    """Name, flags, size and alignment of each section, in the order of the file."""
    said = subprocess.run(["readelf", "-SW", path], check=True, capture_output=True,
                          text=True, env={**os.environ, "LC_ALL": "C"}).stdout
    for line in said.splitlines():
        number, bracket, rest = line.partition("] ")
        words = rest.split()
        if not bracket or not number.strip(" [").isdigit() or len(words) < 9:
            continue
        # NAME TYPE ADDRESS OFFSET SIZE ENTSIZE FLAGS... LINK INFO ALIGN
        flags = words[6] if len(words) == 10 else ""
        yield words[0], flags, int(words[4], 16), int(words[-1])


def addresses(path, bases):
    """Where the kernel put each section that stays, as its loader lays them out."""
    for part, wanted, unwanted in PARTS:
        at = 0
        for name, flags, size, align in sections(path):
            if "A" not in flags or name.startswith(".init") or "ro_after_init" in name:
                continue
            if not set(wanted) <= set(flags) or set(unwanted) & set(flags):
                continue
            at = -(-at // max(align, 1)) * max(align, 1)
            if size:
                yield name, bases[part] + at
            at += size


class Started(gdb.Breakpoint):
    """At do_init_module(mod): no debugger needs to stop there."""

    def stop(self):
        try:
            self.load(int(gdb.parse_and_eval("(unsigned long)$rdi")))
        except (gdb.error, subprocess.CalledProcessError) as error:
            gdb.write(f"lab: no symbols of a module: {error}\n")
        return False

    def load(self, address):
        kind = gdb.lookup_type("struct module")
        mod = gdb.Value(address).cast(kind.pointer()).dereference()
        name = mod["name"].string()
        path = self.files.get(name)
        if not path:
            return
        bases = {part: int(mod["mem"][int(gdb.parse_and_eval(f"(int){part}"))]["base"])
                 for part, _, _ in PARTS}
        where = dict(addresses(path, bases))
        text = where.pop(".text")
        more = "".join(f" -s {section} {at:#x}" for section, at in where.items())
        gdb.execute(f"add-symbol-file {path} {text:#x}{more}", to_string=True)
        gdb.write(f"lab: symbols of {name} at {text:#x}\n")


directories = gdb.convenience_variable("rstmem_modules").string().split()
Started.files = {os.path.basename(path)[:-3].replace("-", "_"): path
                 for directory in directories
                 for path in glob.glob(f"{directory}/*.ko")}
# For the types, where nothing is.
gdb.execute(f"add-symbol-file {Started.files['tee_rstmem']} 0", to_string=True)
Started("do_init_module", type=gdb.BP_HARDWARE_BREAKPOINT, internal=True)
