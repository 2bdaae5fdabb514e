# SPDX-License-Identifier: GPL-2.0-only
SUMMARY = "Restricted memory for TEE devices: library, Python module and command line"
LICENSE = "GPL-2.0-only & LGPL-2.1-or-later"
LIC_FILES_CHKSUM = "file://LICENSES/GPL-2.0;md5=b234ee4d69f5fce4486a80fdaf4a4263 \
    file://LICENSES/LGPL-2.1;md5=4fbd65380cdd255951079008b364516c"
DEPENDS = "ncurses"
RRECOMMENDS:${PN} = "rstmem-modules"

inherit pkgconfig python3-dir useradd

SRC_URI = "${RSTMEM_GIT}"
SRCREV = "${AUTOREV}"
PV = "0.3.0+git"
S = "${WORKDIR}/git"

EXTRA_OEMAKE = "prefix=${prefix} bindir=${bindir} libdir=${libdir} \
    includedir=${includedir} mandir=${mandir} \
    udevrulesdir=${nonarch_base_libdir}/udev/rules.d \
    pythondir=${PYTHON_SITEPACKAGES_DIR}"

do_compile() {
    oe_runmake user
}

do_install() {
    oe_runmake DESTDIR=${D} install
}

# The rule of udev gives the heaps to this group.
USERADD_PACKAGES = "${PN}"
GROUPADD_PARAM:${PN} = "-r rstmem"

PACKAGES =+ "python3-${PN}"
FILES:python3-${PN} = "${PYTHON_SITEPACKAGES_DIR}"
RDEPENDS:python3-${PN} = "${PN} python3-core python3-ctypes python3-mmap"
FILES:${PN} += "${nonarch_base_libdir}/udev ${nonarch_libdir}/sysusers.d ${datadir}"
FILES:${PN}-dev += "${prefix}/src"
