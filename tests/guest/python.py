# SPDX-License-Identifier: GPL-2.0-only
"""The Python module rstmem on a real kernel, and the examples of docs/python.md."""
import errno
import fcntl
import hashlib
import os
import sys
import uuid

import rstmem

MIB = 1 << 20
SHORT_BUFFER = 0xffff0010
BAD_PARAMETERS = 0xffff0006
ITEM_NOT_FOUND = 0xffff0008
ORIGIN_TEE, ORIGIN_SERVICE = 3, 4

# NIST SP 800-38A, F.5.5: key and first counter block, ciphertext, plaintext
SECRET = bytes.fromhex('603deb1015ca71be2b73aef0857d7781'
                       '1f352c073b6108d72d9810a30914dff4'
                       'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff')
ENCRYPTED = bytes.fromhex('601ec313775789a5b7a7f504bbf3d228'
                          'f443e3ca4d62b59aca84e990cacaf5c5')
PLAIN = bytes.fromhex('6bc1bee22e409f96e93d7e117393172a'
                      'ae2d8a571e03ac9c9eb76fac45af8e51')

cases = failed = 0


def check(good, name):
    """A case."""
    global cases, failed
    cases += 1
    failed += not good
    print('%s %d - %s' % ('ok' if good else 'not ok', cases, name), flush=True)


def raised(function, *args):
    """Return the exception of a call, or None."""
    try:
        function(*args)
    except Exception as exception:
        return exception
    return None


def fails(number, function, *args):
    """Return whether a call raises Error with an errno and a text."""
    exception = raised(function, *args)
    if type(exception) is rstmem.Error and exception.errno == number:
        return len(exception.strerror) > 10
    print('# %r' % exception)
    return False


def refused(code, origin, function, *args):
    """Return whether a call raises TeeError with this answer."""
    exception = raised(function, *args)
    if type(exception) is rstmem.TeeError and exception.errno == errno.EREMOTEIO:
        return (exception.code, exception.origin) == (code, origin) and \
            exception.strerror.startswith('TEEC_ERROR_')
    print('# %r' % exception)
    return False


def descriptors():
    """Count the open descriptors."""
    return len(os.listdir('/proc/self/fd'))


def is_open(fd):
    """Return whether a descriptor is open."""
    return raised(os.fstat, fd) is None


def digest(dev, memory, size):
    """SHA-256 of memory by the TEE."""
    with dev.session(rstmem.DIGEST_UUID) as session, dev.share(32) as out:
        session.invoke(rstmem.DIGEST_SHA256, memory.input(0, size), out.output())
        return out.memory[:]


def test_open():
    """Devices."""
    check(rstmem.devices() == ['/dev/tee0'], 'devices: names the TEE device')
    check(rstmem.heaps() == ['/dev/dma_heap/protected,' + name for name in (
        'secure-video', 'trusted-ui', 'secure-video-record')],
          'heaps: names the heaps')
    with rstmem.open() as dev:
        fd = dev.fileno()
        check((dev.path, dev.via) == ('/dev/tee0', 'tee') and is_open(fd),
              'open: finds the TEE device')
        check(dev.use_cases() == ['secure-video', 'trusted-ui', 'secure-video-record'],
              'use_cases: tells three names')
    check(not is_open(fd), 'open: the end of with closes the device')
    dev.close()
    check(isinstance(raised(dev.query, 'secure-video'), ValueError),
          'close: a closed device is refused: ValueError')
    with rstmem.open(via='heap') as dev:
        check((dev.path, dev.via, dev.fileno()) == ('/dev/dma_heap', 'heap', -1),
              'open: opens all heaps')
        check(fails(errno.EOPNOTSUPP, dev.query, 'secure-video'),
              'query: heaps tell no figures: EOPNOTSUPP')
        check(fails(errno.EOPNOTSUPP, dev.share, 1) and
              fails(errno.EOPNOTSUPP, dev.session, rstmem.DIGEST_UUID),
              'session, share: heaps have no services: EOPNOTSUPP')
    check(fails(errno.ENOENT, rstmem.open, '/dev/tee7'),
          'open: refuses a missing node: ENOENT')
    check(fails(errno.ENOTTY, rstmem.open, '/dev/tee0', 'heap'),
          'open: refuses a TEE device for a heap: ENOTTY')
    check(isinstance(raised(rstmem.open, None, 'hat'), ValueError),
          'open: refuses an unknown via: ValueError')
    check(isinstance(raised(rstmem.open, '/dev/tee0\0'), ValueError),
          'open: refuses a path with a NUL: ValueError')


def test_alloc(dev):
    """Buffers and figures."""
    with dev.alloc(5000) as buf:
        fd = buf.fd
        check((buf.size, buf.use_case) == (8192, 'secure-video') and buf.id > 0,
              'alloc: gives size, id and use case')
        check(fd > 2 and fcntl.fcntl(buf, fcntl.F_GETFD) == fcntl.FD_CLOEXEC,
              'alloc: the descriptor has FD_CLOEXEC')
        usage = dev.query('secure-video')
        check((usage.granule, usage.total, usage.used, usage.buffers, usage.caps) ==
              (4096, 64 * MIB, 8192, 1, rstmem.CAP_SCRUBS) and
              usage.largest_free == 64 * MIB - 8192, 'query: counts a buffer')
        info = rstmem.inspect(buf)
        check(info == (8192, 'secure-video', 0, 0, '/dev/tee0'),
              'inspect: knows a buffer')
        check(rstmem.inspect(fd, os.getpid()) == info,
              'inspect: knows a buffer of a process')
        account = dev.account('secure-video')
        check((account.name, account.device, account.use_case, account.used,
               account.max_user_bytes) == ('tee0,secure-video', 0, 'secure-video', 8192, None),
              'account: tells figures, and None for no limit')
        check(account in rstmem.accounts() and len(rstmem.accounts()) == 3,
              'accounts: has all accounts')
        check(rstmem.importers(account) == rstmem.importers('tee0,secure-video') == 'any',
              'importers: tells the list of an account')
    check(not is_open(fd) and buf.fd == -1 and dev.query('secure-video').used == 0,
          'alloc: the end of with releases the memory')
    buf.close()
    check(isinstance(raised(buf.input), ValueError),
          'close: closed memory is refused as a parameter: ValueError')
    try:
        with dev.alloc(1, 'trusted-ui'):
            raise KeyError
    except KeyError:
        pass
    check(dev.query('trusted-ui').used == 0, 'alloc: an exception releases the memory')
    check(fails(errno.EINVAL, dev.alloc, 0), 'alloc: refuses size 0: EINVAL')
    check(fails(errno.ENOMEM, dev.alloc, 65 * MIB), 'alloc: fails beyond the pool: ENOMEM')
    check(fails(errno.EINVAL, dev.alloc, 1, '7'),
          'alloc: refuses a use case that is not offered: EINVAL')
    check(fails(errno.EINVAL, dev.alloc, 1, 'video'),
          'alloc: refuses an unknown name: EINVAL')
    check(isinstance(raised(dev.alloc, -1), ValueError) and
          isinstance(raised(dev.alloc, 2 ** 64 + 1), ValueError),
          'alloc: refuses a size that is no size: ValueError')
    check(fails(errno.EINVAL, rstmem.inspect, 0) and
          fails(errno.EBADF, rstmem.inspect, 99) and
          fails(errno.ESRCH, rstmem.inspect, 0, 4000000),
          'inspect: refuses what is no buffer: EINVAL, EBADF, ESRCH')
    check(fails(errno.ENOENT, rstmem.importers, 'tee9,secure-video'),
          'importers: refuses a missing account: ENOENT')


def test_register(dev):
    """Registrations."""
    with rstmem.open(via='heap') as heaps, heaps.alloc(4096) as buf:
        check(buf.id == 0, 'alloc: a buffer of a heap has no id')
        with dev.register(buf) as registration, dev.register(buf.fd) as second:
            check(registration.id > 0 and registration.size == 4096 and
                  second.id != registration.id, 'register: gives an id and the size')
            check(digest(dev, registration, 4096) == hashlib.sha256(bytes(4096)).digest(),
                  'register: the id serves commands')
        check(isinstance(raised(registration.input), ValueError),
              'close: a closed registration is refused: ValueError')
    check(fails(errno.EINVAL, dev.register, 0), 'register: refuses /dev/null: EINVAL')


def test_session(dev):
    """Sessions and shared memory."""
    for name in rstmem.DIGEST_UUID, str(rstmem.DIGEST_UUID), rstmem.DIGEST_UUID.bytes:
        check(raised(dev.session(name).close) is None,
              'session: accepts a UUID as %s' % type(name).__name__)
    check(refused(ITEM_NOT_FOUND, ORIGIN_TEE, dev.session, uuid.UUID(int=1)),
          'session: an unknown service gives ITEM_NOT_FOUND of the TEE: TeeError')
    check(fails(errno.EINVAL, dev.share, 0) and fails(errno.EINVAL, dev.share, b''),
          'share: refuses size 0: EINVAL')
    with dev.session(rstmem.DIGEST_UUID) as session, dev.share(b'..abc') as text, \
            dev.share(100) as out:
        check((text.size, out.size, text.memory[:]) == (5, 100, b'..abc'),
              'share: takes bytes or a size')
        part = out.output(8)
        session.invoke(rstmem.DIGEST_SHA256, text.input(2), part)
        check(out.memory[8:40] == hashlib.sha256(b'abc').digest() and part.size == 32,
              'invoke: the digest service answers')
        part = out.inout(0, 31)
        check(refused(SHORT_BUFFER, ORIGIN_SERVICE, session.invoke, rstmem.DIGEST_SHA256,
                      text.input(), part) and part.size == 32,
              'invoke: a small output gives SHORT_BUFFER and the size: TeeError')
        part = rstmem.null_output()
        check(refused(SHORT_BUFFER, ORIGIN_SERVICE, session.invoke, rstmem.DIGEST_SHA256,
                      rstmem.null_input(), part) and part.size == 32,
              'invoke: accepts NULL')
        a, b = rstmem.value_out(), rstmem.value_inout(7, 8)
        a.a = 5
        check(refused(BAD_PARAMETERS, ORIGIN_SERVICE, session.invoke, 0, a, b) and
              (a.a, b.a, b.b) == (0, 7, 8), 'invoke: updates values')
        check(refused(BAD_PARAMETERS, ORIGIN_SERVICE, session.invoke, 0, None,
                      out.output()), 'invoke: None is a parameter without a type')
        check(fails(errno.EINVAL, session.invoke, 0, *5 * [a]),
              'invoke: refuses five parameters: EINVAL')
        check(fails(errno.EINVAL, session.invoke, 0, text.input(0, 10000)),
              'invoke: refuses a range that is not in the memory: EINVAL')
        check(isinstance(raised(text.input, -1), ValueError) and
              isinstance(raised(rstmem.value, -1), ValueError) and
              isinstance(raised(text.input, 6), ValueError),
              'invoke: refuses an offset or a value below 0, or beyond the end: ValueError')
    check(fails(errno.EINVAL, session.invoke, 0), 'invoke: refuses a closed session: EINVAL')
    check(text.memory[:] == b'..abc', 'share: the memory stays when it is not shared any more')

    with dev.session(rstmem.CIPHER_UUID) as session, dev.alloc(4096) as buf, \
            dev.share(SECRET) as key, dev.share(ENCRYPTED) as encrypted:
        session.invoke(rstmem.CIPHER_SET_KEY, key.input(0, rstmem.CIPHER_KEY_SIZE),
                       key.input(rstmem.CIPHER_KEY_SIZE, rstmem.CIPHER_IV_SIZE))
        session.invoke(rstmem.CIPHER_UPDATE, encrypted.input(16), buf.output(16),
                       rstmem.value(16))
        session.invoke(rstmem.CIPHER_UPDATE, encrypted.input(0, 16), buf.output(0, 16),
                       rstmem.value(0))
        check(digest(dev, buf, 32) == hashlib.sha256(PLAIN).digest(),
              'invoke: the cipher service decrypts into a buffer')
        with dev.session(rstmem.COPY_UUID) as copy, dev.alloc(4096) as other:
            copy.invoke(rstmem.COPY_COPY, buf.input(0, 32), other.output())
            check(digest(dev, other, 32) == hashlib.sha256(PLAIN).digest(),
                  'invoke: the copy service copies it')

    second = rstmem.open()
    session = second.session(rstmem.DIGEST_UUID)
    second.close()
    check(fails(errno.EINVAL, session.invoke, 0), 'close: closes the sessions of the device')
    session.close()


def test_documents():
    """The examples of docs/python.md: every block of Python."""
    with open('/root/python.md', encoding='utf-8') as page:
        blocks = [block.split('\n```')[0] for block in page.read().split('\n```python\n')[1:]]
    check(len(blocks) == 2, 'docs/python.md: has two examples')
    for i, block in enumerate(blocks):
        exception = raised(exec, block, {})
        print('# %r' % exception)
        check(exception is None, 'docs/python.md: example %d runs' % (i + 1))


def main():
    """Run all, and return the exit status."""
    print('KTAP version 1')
    count = descriptors()
    check(len(rstmem.version().split('.')) == 3, 'version: has three numbers')
    test_open()
    with rstmem.open() as dev:
        test_alloc(dev)
        test_register(dev)
        test_session(dev)
        test_documents()
        check(all(dev.query(name).used == 0 for name in dev.use_cases()),
              'end: nothing stays in use')
    check(descriptors() == count, 'end: no descriptor stays open')
    print('1..%d' % cases)
    return failed != 0


sys.exit(main())
