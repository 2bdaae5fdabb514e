# SPDX-License-Identifier: GPL-2.0-only
# The repository that this tree is part of.
RSTMEM_VERSION = local
RSTMEM_SITE = $(BR2_EXTERNAL_RSTMEM_PATH)/../..
RSTMEM_SITE_METHOD = local
RSTMEM_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude build
RSTMEM_LICENSE = GPL-2.0 (modules, command line, TAs), LGPL-2.1+ (library)
RSTMEM_LICENSE_FILES = COPYING LICENSES/GPL-2.0 LICENSES/LGPL-2.1
RSTMEM_INSTALL_STAGING = YES
RSTMEM_DEPENDENCIES = host-pkgconf ncurses
RSTMEM_MODULE_SUBDIRS = kernel

RSTMEM_OPTS = $(TARGET_CONFIGURE_OPTS) prefix=/usr \
	udevrulesdir=/lib/udev/rules.d \
	NCURSES="`$(PKG_CONFIG_HOST_BINARY) --libs ncurses`"

define RSTMEM_BUILD_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(RSTMEM_OPTS) user
endef

define RSTMEM_INSTALL_STAGING_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(RSTMEM_OPTS) DESTDIR=$(STAGING_DIR) install
endef

define RSTMEM_INSTALL_TARGET_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(RSTMEM_OPTS) DESTDIR=$(TARGET_DIR) install
endef

# ta/digest discloses what it reads, so it is for tests only and is not built here.
ifeq ($(BR2_PACKAGE_RSTMEM_TAS),y)
RSTMEM_DEPENDENCIES += optee-os
define RSTMEM_BUILD_TAS
	for ta in cipher copy decoder; do \
		$(TARGET_MAKE_ENV) $(MAKE) -C $(@D)/ta/$$ta O=$(@D)/build/$$ta \
			CROSS_COMPILE=$(TARGET_CROSS) TA_DEV_KIT_DIR=$(OPTEE_OS_SDK) || exit; \
	done
endef
define RSTMEM_INSTALL_TAS
	$(INSTALL) -D -m 444 -t $(TARGET_DIR)/lib/optee_armtz \
		$(@D)/build/cipher/*.ta $(@D)/build/copy/*.ta $(@D)/build/decoder/*.ta
endef
RSTMEM_POST_BUILD_HOOKS += RSTMEM_BUILD_TAS
RSTMEM_POST_INSTALL_TARGET_HOOKS += RSTMEM_INSTALL_TAS
endif

# A group without a user: the rule of udev gives the heaps to it.
define RSTMEM_USERS
	- -1 rstmem -1 - - - - restricted memory
endef

$(eval $(kernel-module))
$(eval $(generic-package))
