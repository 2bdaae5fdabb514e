# SPDX-License-Identifier: GPL-2.0-only
SUMMARY = "Services on restricted memory: trusted applications for OP-TEE"
LICENSE = "GPL-2.0-only"
LIC_FILES_CHKSUM = "file://LICENSES/GPL-2.0;md5=b234ee4d69f5fce4486a80fdaf4a4263"
DEPENDS = "optee-os-tadevkit python3-cryptography-native"

inherit python3native

SRC_URI = "${RSTMEM_GIT}"
SRCREV = "${AUTOREV}"
PV = "0.3.0+git"
S = "${WORKDIR}/git"
B = "${WORKDIR}/build"

# ta/digest discloses what it reads, so it is for tests only and is not built here.
RSTMEM_TAS ?= "cipher copy decoder"

EXTRA_OEMAKE = "TA_DEV_KIT_DIR=${STAGING_INCDIR}/optee/export-user_ta \
    CROSS_COMPILE=${HOST_PREFIX}"

do_compile() {
    # The kit calls the linker by itself.
    unset LDFLAGS
    export CFLAGS="${CFLAGS} --sysroot=${STAGING_DIR_HOST}"
    for ta in ${RSTMEM_TAS}; do
        oe_runmake -C ${S}/ta/$ta O=${B}/$ta
    done
}

do_install() {
    for ta in ${RSTMEM_TAS}; do
        install -D -m 444 -t ${D}${nonarch_base_libdir}/optee_armtz ${B}/$ta/*.ta
    done
}

FILES:${PN} = "${nonarch_base_libdir}/optee_armtz"
INSANE_SKIP:${PN} = "already-stripped"
