# SPDX-License-Identifier: LGPL-2.1-or-later
"""Restricted memory from a TEE device or a dma-heap, through librstmem.

    import rstmem

    with rstmem.open() as dev, dev.alloc(3 << 20, 'secure-video') as buf:
        print(buf.fd, buf.id, buf.size)

An object that is opened, allocated or registered has close() and is a context manager. Nothing is
closed by itself. Sizes are bytes. Use cases are names, or decimal numbers as strings.
librstmem(3) is the manual of the library below, tee_rstmem(7) of the kernel's interface.
"""
import collections
import ctypes
import errno
import mmap
import uuid as _uuid
import weakref

_lib = ctypes.CDLL('librstmem.so.0')

# Services of linux/tee_rstmem_services.h: their UUIDs, commands and sizes.
CIPHER_UUID = _uuid.UUID('6dc95beb-5572-435f-935d-64d5be7e943e')
CIPHER_SET_KEY = 0
CIPHER_UPDATE = 1
CIPHER_SAMPLE = 2
CIPHER_LICENCE = 3
CIPHER_KEY_SIZE = 32
CIPHER_KEY_128_SIZE = 16
CIPHER_IV_SIZE = 16
CIPHER_SUBSAMPLE_SIZE = 8
CIPHER_SUBSAMPLES = 1024
CIPHER_LICENCE_SIZE = 24
COPY_UUID = _uuid.UUID('6ae4c474-df22-4146-964e-c19c2dd67842')
COPY_COPY = 0
COPY_CLEAR = 1
DIGEST_UUID = _uuid.UUID('ac1dcabd-e37f-48c8-9934-ab9b19ae12e2')
DIGEST_SHA256 = 0
DIGEST_SHA256_SIZE = 32

# A buffer's capabilities, of Usage.caps.
CAP_SCRUBS = 1 << 0
CAP_PROTECTED = 1 << 1

_VIA = {None: 0, 'tee': 1, 'heap': 2}
_VALUE_IN, _VALUE_OUT, _VALUE_INOUT = 1, 2, 3
_MEMREF_IN, _MEMREF_OUT, _MEMREF_INOUT = 5, 6, 7
_NULL = -1
_INFO_SIZE, _INFO_USE_CASE, _INFO_FLAGS, _INFO_DEVICE = 1, 2, 4, 8
_NO_LIMIT = 2 ** 64 - 1
_NAME_SIZE = 32
_PATH_SIZE = 64
_IMPORTERS_SIZE = 4096

_u32 = ctypes.c_uint32
_u64 = ctypes.c_uint64
_i32 = ctypes.c_int32


# The structures of rstmem.h.
class _Usage(ctypes.Structure):
    _fields_ = [('granule', _u64), ('total', _u64), ('used', _u64),
                ('largest_free', _u64), ('buffers', _u32), ('caps', _u32),
                ('floor', _u64), ('most', _u64), ('reserved', _u64 * 4)]


class _Buffer(ctypes.Structure):
    _fields_ = [('fd', ctypes.c_int), ('id', _i32), ('size', _u64), ('flags', _u32),
                ('use_case', _u32), ('reserved', _u64 * 4)]


class _Registration(ctypes.Structure):
    _fields_ = [('fd', ctypes.c_int), ('id', _i32), ('size', _u64), ('flags', _u32),
                ('reserved', _u32 * 9)]


class _Shm(ctypes.Structure):
    _fields_ = [('fd', ctypes.c_int), ('id', _i32), ('size', _u64),
                ('addr', ctypes.c_void_p), ('mapped', _u32), ('reserved', _u32 * 7)]


class _Session(ctypes.Structure):
    _fields_ = [('tee', ctypes.c_int), ('id', _u32), ('reserved', _u64 * 4)]


class _Result(ctypes.Structure):
    _fields_ = [('code', _u32), ('origin', _u32)]


class _Info(ctypes.Structure):
    _fields_ = [('size', _u64), ('use_case', _u32), ('flags', _u32), ('device', _i32),
                ('known', _u32), ('path', ctypes.c_char * 32), ('reserved', _u64 * 4)]


class _Account(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char * 48), ('device', _i32), ('use_case', _u32)] + [
        (name, _u64) for name in (
            'granule', 'total', 'free', 'largest_free', 'used', 'peak', 'buffers',
            'max_user_bytes', 'max_user_buffers', 'max_buffer_bytes', 'reserve',
            'failed_no_memory', 'failed_limit', 'failed_backend', 'failed_importer',
            'failed_reach', 'lost', 'floor', 'most', 'out', 'wanted', 'poisoned',
            'failed_steps')] + [('reserved', _u64 * 2)]


class Param(ctypes.Structure):
    """A parameter of Session.invoke(): size of an output, a and b of a value are updated.

    input(), output() and inout() of memory make one, and value(), value_out() and
    value_inout().
    """
    _fields_ = [('type', _u32), ('id', _i32), ('offset', _u64), ('size', _u64),
                ('a', _u64), ('b', _u64)]


def _declare(name, result, *arguments):
    function = getattr(_lib, 'rstmem_' + name)
    function.restype = result
    function.argtypes = arguments


_device = ctypes.c_void_p
_declare('open_via', ctypes.c_int, ctypes.c_char_p, ctypes.c_int,
         ctypes.POINTER(_device))
_declare('close', None, _device)
_declare('via', ctypes.c_int, _device)
_declare('fd', ctypes.c_int, _device)
_declare('path', ctypes.c_char_p, _device)
_declare('next_device', ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
_declare('next_heap', ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
_declare('use_cases', ctypes.c_int, _device, ctypes.POINTER(_u64))
_declare('query', ctypes.c_int, _device, _u32, ctypes.POINTER(_Usage))
_declare('next_account', ctypes.c_int, ctypes.c_int, ctypes.POINTER(_Account))
_declare('account_of', ctypes.c_int, _device, _u32, ctypes.POINTER(_Account))
_declare('account_importers', ctypes.c_int, ctypes.POINTER(_Account), ctypes.c_char_p,
         ctypes.c_size_t)
_declare('alloc', ctypes.c_int, _device, _u32, _u64, _u32, ctypes.POINTER(_Buffer))
_declare('buffer_close', None, ctypes.POINTER(_Buffer))
_declare('register', ctypes.c_int, _device, ctypes.c_int, _u32,
         ctypes.POINTER(_Registration))
_declare('unregister', None, ctypes.POINTER(_Registration))
_declare('shm_register', ctypes.c_int, _device, ctypes.c_void_p, _u64,
         ctypes.POINTER(_Shm))
_declare('shm_free', None, ctypes.POINTER(_Shm))
_declare('session_open', ctypes.c_int, _device, ctypes.c_char_p,
         ctypes.POINTER(_Session), ctypes.POINTER(_Result))
_declare('session_close', None, ctypes.POINTER(_Session))
_declare('invoke', ctypes.c_int, ctypes.POINTER(_Session), _u32,
         ctypes.POINTER(Param), ctypes.c_size_t, ctypes.POINTER(_Result))
_declare('inspect', ctypes.c_int, ctypes.c_int, ctypes.POINTER(_Info))
_declare('inspect_process', ctypes.c_int, ctypes.c_int, ctypes.c_int,
         ctypes.POINTER(_Info))
_declare('use_case_name', ctypes.c_int, _u32, ctypes.c_char_p, ctypes.c_size_t)
_declare('use_case_parse', ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(_u32))
_declare('explain', ctypes.c_char_p, ctypes.c_int)
_declare('explain_result', ctypes.c_char_p, _u32)
_declare('version', ctypes.c_char_p)


class Error(OSError):
    """An error of the library: errno, and strerror with the next step."""


class TeeError(Error):
    """The TEE refused: its answer is code and origin.

    name is that of code, such as 'TEEC_ERROR_SHORT_BUFFER', or None for a number of the
    service's own.
    """

    def __init__(self, code, origin):
        text = _lib.rstmem_explain_result(code).decode()
        super().__init__(errno.EREMOTEIO, text)
        self.code = code
        self.origin = origin
        self.name = text.split(':')[0] if text.startswith('TEEC_') else None


def _check(ret, result=None):
    """Return what the library returned, or raise its error."""
    if ret >= 0:
        return ret
    if result is not None and result.code:
        raise TeeError(result.code, result.origin)
    raise Error(-ret, _lib.rstmem_explain(ret).decode())


def _bytes(text):
    """A path or a name for the library, which would end it at a NUL."""
    text = text if isinstance(text, bytes) else str(text).encode('utf-8', 'surrogateescape')
    if b'\0' in text:
        raise ValueError('a NUL in a name')
    return text


def _number(use_case):
    number = _u32()
    _check(_lib.rstmem_use_case_parse(_bytes(use_case), number))
    return number.value


def _name(use_case):
    name = ctypes.create_string_buffer(_NAME_SIZE)
    _check(_lib.rstmem_use_case_name(use_case, name, len(name)))
    return name.value.decode()


def _size(number):
    """ctypes cuts numbers to the size of a parameter."""
    if not 0 <= number < 2 ** 64:
        raise ValueError('a size is from 0 to 2^64-1, not %d' % number)
    return number


class _Closing:
    """Something to close, once. Subclasses have _close()."""
    _closed = False

    def close(self):
        """Close it. The second time does nothing."""
        if not self._closed:
            self._closed = True
            self._close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


class _Memory(_Closing):
    """Memory that parameters refer to: its id and size."""
    _struct = None

    @property
    def id(self):
        """Names the memory in commands to the TEE; 0 for none, as from a heap."""
        return self._struct.id

    @property
    def size(self):
        """Bytes."""
        return self._struct.size

    def _param(self, kind, offset, size):
        if self._closed:
            raise ValueError('the memory is closed')
        if size is None:
            size = self.size - offset
        return Param(type=kind, id=self.id, offset=_size(offset), size=_size(size))

    def input(self, offset=0, size=None):
        """A parameter: the service reads this part, without a size up to the end."""
        return self._param(_MEMREF_IN, offset, size)

    def output(self, offset=0, size=None):
        """A parameter: the service writes to this part."""
        return self._param(_MEMREF_OUT, offset, size)

    def inout(self, offset=0, size=None):
        """A parameter: the service reads this part and writes to it."""
        return self._param(_MEMREF_INOUT, offset, size)


class Buffer(_Memory):
    """A buffer of restricted memory: fd is its dma-buf."""

    def __init__(self, struct):
        self._struct = struct

    @property
    def fd(self):
        """The dma-buf's descriptor, which close() closes; -1 when closed."""
        return self._struct.fd

    def fileno(self):
        """The same, for functions that take objects with a descriptor."""
        return self.fd

    @property
    def use_case(self):
        """Its name, such as 'secure-video'."""
        return _name(self._struct.use_case)

    def _close(self):
        _lib.rstmem_buffer_close(self._struct)


class Registration(_Memory):
    """A buffer of another process or a heap, with an id on this device."""

    def __init__(self, struct):
        self._struct = struct

    def _close(self):
        _lib.rstmem_unregister(self._struct)


class SharedMemory(_Memory):
    """Normal memory that the TEE can reach: memory is a mmap.mmap object.

    memory is the program's, and stays when this is closed.
    """

    def __init__(self, struct, memory):
        self._struct = struct
        self.memory = memory

    @property
    def size(self):
        """Bytes."""
        return len(self.memory)

    def _close(self):
        _lib.rstmem_shm_free(self._struct)


class Session(_Closing):
    """A session with a service of the TEE."""

    def __init__(self, struct):
        self._struct = struct

    def invoke(self, command, *params):
        """Have the service run a command. Raises TeeError when it refuses.

        params are at most four of Param, or None for a parameter without a type. Those of
        outputs are updated, also when the service refuses.
        """
        array = (Param * max(len(params), 1))()
        result = _Result()
        for i, param in enumerate(params):
            if param is not None:
                array[i] = param
        ret = _lib.rstmem_invoke(self._struct, command, array, len(params), result)
        for i, param in enumerate(params):
            if param is not None:
                param.size, param.a, param.b = array[i].size, array[i].a, array[i].b
        _check(ret, result)

    def _close(self):
        _lib.rstmem_session_close(self._struct)


def value(a=0, b=0):
    """A parameter: two numbers for the service to read."""
    return Param(type=_VALUE_IN, a=_size(a), b=_size(b))


def value_out():
    """A parameter: two numbers for the service to set."""
    return Param(type=_VALUE_OUT)


def value_inout(a=0, b=0):
    """A parameter: two numbers for the service to read and to set."""
    return Param(type=_VALUE_INOUT, a=_size(a), b=_size(b))


def null_input():
    """A parameter: a reference to no memory, for the service to read."""
    return Param(type=_MEMREF_IN, id=_NULL)


def null_output():
    """The same, for the service to write to. It sets the size that it would need."""
    return Param(type=_MEMREF_OUT, id=_NULL)


Usage = collections.namedtuple('Usage', [
    name for name, _ in _Usage._fields_ if name != 'reserved'])
Usage.__doc__ = """The memory behind a use case, at one moment."""

Account = collections.namedtuple('Account', [
    name for name, _ in _Account._fields_ if name != 'reserved'])
Account.__doc__ = """Figures and limits of a use case of a device; a limit may be None."""

Info = collections.namedtuple('Info', 'size use_case flags device path')
Info.__doc__ = """The restricted memory behind a descriptor; None is not known."""


def _account(struct):
    members = {name: getattr(struct, name) for name in Account._fields}
    members['name'] = struct.name.decode()
    members['use_case'] = _name(struct.use_case)
    for name in 'max_user_bytes', 'max_user_buffers', 'max_buffer_bytes':
        if members[name] == _NO_LIMIT:
            members[name] = None
    return Account(**members)


class Device(_Closing):
    """An open device with restricted memory. open() makes one."""

    def __init__(self, pointer):
        self._pointer = pointer
        self._sessions = weakref.WeakSet()

    def _open(self):
        if self._closed:
            raise ValueError('the device is closed')
        return self._pointer

    @property
    def path(self):
        """Its node, or the directory of all heaps."""
        return _lib.rstmem_path(self._open()).decode('utf-8', 'surrogateescape')

    @property
    def via(self):
        """'tee' or 'heap'."""
        return 'tee' if _lib.rstmem_via(self._open()) == _VIA['tee'] else 'heap'

    def fileno(self):
        """Its descriptor, -1 for all heaps."""
        return _lib.rstmem_fd(self._open())

    def use_cases(self):
        """The names of the use cases that it offers, in a list."""
        mask = _u64()
        _check(_lib.rstmem_use_cases(self._open(), mask))
        return [_name(i) for i in range(64) if mask.value >> i & 1]

    def query(self, use_case):
        """The state of the memory behind a use case: a Usage."""
        usage = _Usage()
        _check(_lib.rstmem_query(self._open(), _number(use_case), usage))
        return Usage(*(getattr(usage, name) for name in Usage._fields))

    def account(self, use_case):
        """The account that allocations are charged to: an Account."""
        account = _Account()
        _check(_lib.rstmem_account_of(self._open(), _number(use_case), account))
        return _account(account)

    def alloc(self, size, use_case='secure-video'):
        """Allocate a Buffer of at least size bytes."""
        buffer = _Buffer()
        _check(_lib.rstmem_alloc(self._open(), _number(use_case), _size(size), 0, buffer))
        return Buffer(buffer)

    def register(self, fd):
        """Give a dma-buf from another process or a heap an id: a Registration."""
        fd = fd if isinstance(fd, int) else fd.fileno()
        registration = _Registration()
        _check(_lib.rstmem_register(self._open(), fd, 0, registration))
        return Registration(registration)

    def share(self, content):
        """SharedMemory of that many bytes, or with a copy of these bytes."""
        device = self._open()
        size = content if isinstance(content, int) else len(bytes(content))
        struct = _Shm()
        if _size(size) == 0:
            _check(_lib.rstmem_shm_register(device, None, 0, struct))
        memory = mmap.mmap(-1, size)
        if not isinstance(content, int):
            memory[:] = bytes(content)
        address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        _check(_lib.rstmem_shm_register(device, address, size, struct))
        return SharedMemory(struct, memory)

    def session(self, uuid):
        """Open a Session with a service: a uuid.UUID, its text or its 16 bytes."""
        if isinstance(uuid, str):
            uuid = _uuid.UUID(uuid)
        elif isinstance(uuid, (bytes, bytearray)):
            uuid = _uuid.UUID(bytes=bytes(uuid))
        struct, result = _Session(), _Result()
        _check(_lib.rstmem_session_open(self._open(), uuid.bytes, struct, result), result)
        session = Session(struct)
        self._sessions.add(session)
        return session

    def _close(self):
        # Their descriptor ends with the device, and may be another file's afterwards.
        for session in list(self._sessions):
            session.close()
        _lib.rstmem_close(self._pointer)


def open(path=None, via=None):
    """Open a Device: a TEE device or a dma-heap.

    Without a path, it is the first TEE device that has restricted memory, else all heaps.
    via is 'tee' or 'heap' to insist on one of them.
    """
    if via not in _VIA:
        raise ValueError("via is 'tee' or 'heap', not %r" % (via,))
    pointer = _device()
    path = None if path is None else _bytes(path)
    _check(_lib.rstmem_open_via(path, _VIA[via], pointer))
    return Device(pointer)


def _walk(function, number, make):
    while (number := function(number)) != -errno.ENOENT:
        _check(number)
        yield make()


def _paths(function, number):
    path = ctypes.create_string_buffer(_PATH_SIZE)
    return list(_walk(lambda after: function(after, path, len(path)), number,
                      lambda: path.value.decode()))


def devices():
    """The paths of all TEE devices, also of those without restricted memory."""
    return _paths(_lib.rstmem_next_device, -1)


def heaps():
    """The paths of all dma-heaps for restricted memory."""
    return _paths(_lib.rstmem_next_heap, 0)


def accounts():
    """The Account of every use case of every device."""
    struct = _Account()
    return list(_walk(lambda after: _lib.rstmem_next_account(after, struct), -1,
                      lambda: _account(struct)))


def importers(account):
    """The list of devices that may map the buffers of an Account or of its name."""
    struct = _Account(name=_bytes(getattr(account, 'name', account)))
    text = ctypes.create_string_buffer(_IMPORTERS_SIZE)
    _check(_lib.rstmem_account_importers(struct, text, len(text)))
    return text.value.decode()


def inspect(fd, pid=None):
    """Describe a descriptor of this process or of another: an Info."""
    info = _Info()
    fd = fd if isinstance(fd, int) else fd.fileno()
    if pid is None:
        _check(_lib.rstmem_inspect(fd, info))
    else:
        _check(_lib.rstmem_inspect_process(pid, fd, info))
    device = info.known & _INFO_DEVICE and info.device >= 0
    return Info(size=info.size if info.known & _INFO_SIZE else None,
                use_case=_name(info.use_case) if info.known & _INFO_USE_CASE else None,
                flags=info.flags if info.known & _INFO_FLAGS else None,
                device=info.device if device else None,
                path=info.path.decode() if device else None)


def version():
    """The version of the library, such as '0.3.0'."""
    return _lib.rstmem_version().decode()
