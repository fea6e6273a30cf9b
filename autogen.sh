#!/bin/sh
# Creates configure. Needs autoconf, automake, libtool, pkg-config, dovecot-dev.
set -e
cd "$(dirname "$0")"
exec autoreconf -fi
