# SPDX-License-Identifier: GPL-2.0-only
"""Symbols of a guest of `lab/vm --gdb`; sourced by the script that --gdb names.

Loads the symbols of the project's modules when the kernel is about to start one, from
the .ko files in $rstmem_modules. The kernel's own come from its vmlinux, which has no
types; those of struct module are in the modules.
"""
import glob
import os
import subprocess

import gdb

# Parts of struct module's mem by their number in enum mod_mem_type, text, data and
# read-only data, each with the sections that it holds: the flags that they have, and
# the flags that they lack.
PARTS = ((0, "X", ""), (1, "WA", "X"), (2, "A", "WX"))

# Sections that the loader drops, or keeps apart from others with their flags.
ELSEWHERE = (".modinfo", "__versions", ".data..ro_after_init", "__jump_table")


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
            if "A" not in flags or name.startswith(".init") or name in ELSEWHERE:
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
            self.load(int(gdb.selected_frame().read_register("rdi")) & (1 << 64) - 1)
        except (gdb.error, subprocess.CalledProcessError) as error:
            gdb.write(f"lab: no symbols of a module: {error}\n")
        return False

    def load(self, address):
        memory = gdb.selected_inferior()
        name = bytes(memory.read_memory(address + self.name, 56)).split(b"\0")[0].decode()
        path = self.files.get(name)
        if not path:
            return
        bases = {part: int.from_bytes(
            memory.read_memory(address + self.mem + part * self.step, 8), "little")
            for part, _, _ in PARTS}
        where = dict(addresses(path, bases))
        text = where[".text"]
        more = "".join(f" -s {section} {where[section]:#x}"
                       for section in (".rodata", ".data", ".bss") if section in where)
        gdb.execute(f"add-symbol-file {path} {text:#x}{more}", to_string=True)
        gdb.write(f"lab: symbols of {name} at {text:#x}\n")


directories = gdb.convenience_variable("rstmem_modules").string().split()
Started.files = {os.path.basename(path)[:-3].replace("-", "_"): path
                 for directory in directories
                 for path in glob.glob(f"{directory}/*.ko")}
# Only for the types: at this address nothing is.
gdb.execute("set language c")
gdb.execute(f"add-symbol-file {Started.files['tee_rstmem']} 0x1000", to_string=True)
struct_module = gdb.lookup_type("struct module")
Started.name = struct_module["name"].bitpos // 8
Started.mem = struct_module["mem"].bitpos // 8
Started.step = gdb.lookup_type("struct module_memory").sizeof
gdb.execute("remove-symbol-file -a 0x1000", to_string=True)
Started("do_init_module", type=gdb.BP_HARDWARE_BREAKPOINT, internal=True)
