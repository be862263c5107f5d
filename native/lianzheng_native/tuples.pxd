"""Tuples of a named class, filled and read field by field, without an iterator or a copy."""

from cpython.object cimport PyTypeObject
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE, PyTuple_SET_ITEM


cdef extern from *:
    """
    static PyObject* lianzheng_new_tuple(PyObject* type, Py_ssize_t size) {
        return ((PyTypeObject*)type)->tp_alloc((PyTypeObject*)type, size);
    }
    """
    object lianzheng_new_tuple(object type, Py_ssize_t size)


cdef inline object new_tuple(object named, Py_ssize_t size):
    """Return a tuple of a class, its fields not set yet: set every one before anybody sees it."""
    if not (isinstance(named, type) and issubclass(named, tuple)):
        raise TypeError("no class of tuples")
    return lianzheng_new_tuple(named, size)


cdef inline void put(object target, Py_ssize_t place, object value) noexcept:
    """Set a field that is not set yet."""
    Py_INCREF(value)
    PyTuple_SET_ITEM(target, place, value)


cdef inline int demand(object named, Py_ssize_t size) except -1:
    """Raise TypeError unless this is a tuple, of any class, of ``size`` fields."""
    if not isinstance(named, tuple) or PyTuple_GET_SIZE(named) != size:
        raise TypeError("not such a tuple")
    return 0


cdef inline object get(object named, Py_ssize_t place):
    """Return a field of a tuple that ``demand`` has seen."""
    return <object>PyTuple_GET_ITEM(named, place)
