#!/usr/bin/env bash
# Copies a store while it is in use.
#
#   deploy/backup/backup.sh STORE DIRECTORY
#
# STORE is what costsd has as --store: a file of SQLite, or the URL of a PostgreSQL database
# (its password in PGPASSWORD or PGPASSFILE). DIRECTORY must not be there; it is there when
# all is copied and read through. It has everything: catalog, records, accounts and the
# hashes of their keys. Needs sqlite3, or pg_dump as new as the server.
set -euo pipefail

if [ $# -ne 2 ]; then
  echo "usage: backup.sh STORE DIRECTORY" >&2
  exit 2
fi
store=$1 directory=${2%/}
if [ -e "$directory" ]; then
  echo "backup.sh: $directory is there already; name a new directory" >&2
  exit 1
fi
umask 077
new=$(mktemp -d "$directory.XXXXXX")
trap 'rm -rf "$new"' EXIT

case $store in
  postgres://* | postgresql://*)
    pg_dump --format=custom --no-owner --no-privileges --file="$new/database.dump" --dbname="$store"
    pg_restore --list "$new/database.dump" > /dev/null
    ;;
  *)
    if [ ! -e "$store" ]; then
      echo "backup.sh: there is no $store" >&2
      exit 1
    fi
    # The records first: a catalog that is newer has them priced again, an older one would
    # not know what priced them.
    for part in records catalog accounts; do
      file=$store.$part
      [ "$part" != catalog ] || file=$store
      [ -e "$file" ] || continue
      sqlite3 -readonly "$file" '.timeout 60000' ".backup '$new/$part.sqlite'"
      if [ "$(sqlite3 "$new/$part.sqlite" 'PRAGMA quick_check')" != ok ]; then
        echo "backup.sh: $file is damaged" >&2
        exit 1
      fi
    done
    ;;
esac
mv --no-target-directory "$new" "$directory"
