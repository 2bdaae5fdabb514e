# SPDX-License-Identifier: GPL-2.0-only
"""A guest that plays films on QEMU's display, and pictures of what it shows."""
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import zlib

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LICENCE = b'SPDX-License-Identifier: GPL-2.0-only'
PROGRAMS = os.path.join(TOP, 'build/host/film')


def guest_programs(kernel):
    """Build the programs for a guest; return the folder that the film's are in."""
    def ask(*command):
        return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                              text=True).stdout.strip()

    arch = ask(TOP + '/lab/meta', 'kernel', kernel, 'arch') if kernel else 'amd64'
    if arch == 'amd64':
        return PROGRAMS
    source = ask(TOP + '/lab/source', kernel)
    subprocess.run([TOP + '/lab/build-user', kernel, 'SOURCE=' + source,
                    *('build/%s/%s' % (arch, name)
                      for name in ('film/rstmem-play', 'film/rip', 'tests/screen'))],
                   check=True, stdout=subprocess.DEVNULL)
    return os.path.join(TOP, 'build', arch, 'film')


class Failed(Exception):
    """The guest or a program did not do its part."""


def film(*args, **options):
    """Run the program film."""
    subprocess.run([PROGRAMS + '/film'] + [str(arg) for arg in args], check=True, **options)


def make_clip(path, sides, rate, count):
    """Make a clear film of the clip."""
    with subprocess.Popen([PROGRAMS + '/film', 'clip', sides, str(count)],
                          stdout=subprocess.PIPE) as clip:
        film('encode', '%s@%d' % (sides, rate), path, stdin=clip.stdout)
    if clip.returncode:
        raise Failed('film clip: status %d' % clip.returncode)


class Theatre:
    """A guest. Its first lines may be those of lab/vm; they are kept in log."""

    def __init__(self, files, log, kernel=None):
        self._sockets = tempfile.mkdtemp(prefix='rstmem-film.')
        self._log = open(log, 'w', encoding='utf-8')
        self.lines = []
        command = [TOP + '/lab/vm', '-t', '300'] + (['-k', kernel] if kernel else [])
        for word in ('-device', 'ramfb',
                     '-chardev', 'socket,id=film,path=%s/film,server=on,wait=off' % self._sockets,
                     '-device', 'virtserialport,chardev=film,name=rstmem.film',
                     '-qmp', 'unix:%s/qmp,server=on,wait=off' % self._sockets):
            command += ['-q', word]
        # As QEMU's option -vnc takes it, 127.0.0.1:7 for example.
        if os.environ.get('VNC'):
            command += ['-q', '-vnc', '-q', os.environ['VNC']]
        programs = guest_programs(kernel)
        for name in [programs + '/rstmem-play', programs + '/rip', TOP + '/film/guest.sh', *files]:
            command += ['-f', name]
        self._vm = subprocess.Popen(command + ['--', 'guest.sh'], stdout=subprocess.PIPE,
                                    stdin=subprocess.DEVNULL, stderr=self._log, text=True)
        self._film = self._qmp = None

    def __enter__(self):
        try:
            self.expect('ready')
            self._film = self._connect('film')
            self._qmp = self._connect('qmp').makefile('rw')
            self._qmp.readline()
            self._monitor('qmp_capabilities')
            self.tell('go')
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *exception):
        if self._vm.poll() is None:
            self._vm.terminate()
        self._vm.wait()
        self._vm.stdout.close()
        self._log.close()
        shutil.rmtree(self._sockets)

    def _connect(self, name):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(os.path.join(self._sockets, name))
        return connection

    def _monitor(self, command, **arguments):
        self._qmp.write(json.dumps({'execute': command, 'arguments': arguments}) + '\n')
        self._qmp.flush()
        while True:
            answer = json.loads(self._qmp.readline())
            if 'error' in answer:
                raise Failed('%s: %s' % (command, answer['error']['desc']))
            if 'return' in answer:
                return

    def tell(self, line):
        """Send a line to guest.sh."""
        self._film.sendall(line.encode() + b'\n')

    def expect(self, *beginnings):
        """Wait for a line of the guest with one of these beginnings, and return it."""
        for line in self._vm.stdout:
            line = line.rstrip('\n')
            self.lines.append(line)
            self._log.write(line + '\n')
            if line.startswith(beginnings):
                return line
        raise Failed('the guest ended instead of "%s"; see %s' % (beginnings[0], self._log.name))

    def play(self, command):
        """Have the player do something, up to where it pauses; return the frame."""
        self.tell(command)
        line = self.expect('at ', 'status ')
        if not line.startswith('at '):
            raise Failed('the player ended')
        return int(line.split()[1])

    def run(self, command):
        """Run a command in the guest. Return its status and its lines."""
        before = len(self.lines)
        self.tell('run ' + command)
        return int(self.expect('status ').split()[1]), self.lines[before:-1]

    def stop(self):
        """End the player; return its lines of statistics."""
        before = len(self.lines)
        self.tell('end')
        self.tell('wait')
        status = self.expect('status ')
        if status != 'status 0':
            raise Failed('the player ended with ' + status)
        return self.lines[before:-1]

    def quit(self):
        """End the guest; return its status, which is 126 when the kernel log has a fault."""
        self.tell('quit')
        for line in self._vm.stdout:
            self._log.write(line)
        return self._vm.wait()

    def picture(self, path):
        """Write what the display shows to a file, as PPM; return its contents."""
        self._monitor('screendump', filename=os.path.abspath(path))
        with open(path, 'rb') as file:
            return file.read()


def ppm_pixels(data):
    """Width, height and pixels of a picture."""
    _, sides, _, pixels = data.split(b'\n', 3)
    width, height = map(int, sides.split())
    return width, height, pixels


def write_pattern(path, picture):
    """
    Write 64 bytes of a picture, as the display has them, for rip: those with the most
    colours, each XORed with 0x5a.
    """
    _, _, pixels = ppm_pixels(picture)
    memory = b''.join(pixels[n + 2:n - 1 if n else None:-1] + b'\0'
                      for n in range(0, len(pixels), 3))
    places = range(0, len(memory) - 64, 16)
    best = max(places, key=lambda at: len({memory[n:n + 4] for n in range(at, at + 64, 4)}))
    with open(path, 'wb') as file:
        file.write(bytes(byte ^ 0x5a for byte in memory[best:best + 64]))


def _chunk(name, data):
    return (struct.pack('>I', len(data)) + name + data +
            struct.pack('>I', zlib.crc32(name + data)))


def write_png(path, pictures, milliseconds=0):
    """Write pictures, all of one size, as a PNG; several are animated."""
    number = 0
    out = b'\x89PNG\r\n\x1a\n'
    for n, picture in enumerate(pictures):
        width, height, pixels = ppm_pixels(picture)
        rows = b''.join(b'\0' + pixels[3 * width * y:3 * width * (y + 1)]
                        for y in range(height))
        data = zlib.compress(rows, 9)
        if n == 0:
            out += _chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
            out += _chunk(b'tEXt', b'Copyright\0' + LICENCE)
            if len(pictures) > 1:
                out += _chunk(b'acTL', struct.pack('>II', len(pictures), 0))
        if len(pictures) > 1:
            out += _chunk(b'fcTL', struct.pack('>IIIIIHHBB', number, width, height, 0, 0,
                                               milliseconds, 1000, 0, 0))
            number += 1
        if n == 0:
            out += _chunk(b'IDAT', data)
        else:
            out += _chunk(b'fdAT', struct.pack('>I', number) + data)
            number += 1
    with open(path, 'wb') as file:
        file.write(out + _chunk(b'IEND', b''))
