#!/usr/bin/env bash
# Makes a store of a copy by backup.sh; start costsd with it afterwards.
#
#   deploy/backup/restore.sh DIRECTORY STORE
#
# STORE is a file of SQLite that is not there yet, or the URL of a PostgreSQL database that
# is empty (createdb). It is there whole or not at all. Needs pg_restore for PostgreSQL.
set -euo pipefail

if [ $# -ne 2 ]; then
  echo "usage: restore.sh DIRECTORY STORE" >&2
  exit 2
fi
directory=$1 store=$2
umask 077

case $store in
  postgres://* | postgresql://*)
    pg_restore --single-transaction --exit-on-error --no-owner --no-privileges --dbname="$store" "$directory/database.dump"
    ;;
  *)
    for file in "$store" "$store".*; do
      if [ -e "$file" ]; then
        echo "restore.sh: $file is there already; move it away, with all files that begin with $store" >&2
        exit 1
      fi
    done
    # The catalog last: without it there is no store.
    for part in accounts records catalog; do
      [ -e "$directory/$part.sqlite" ] || continue
      file=$store.$part
      [ "$part" != catalog ] || file=$store
      cp "$directory/$part.sqlite" "$file.part"
      sync "$file.part"
      mv "$file.part" "$file"
    done
    sync "$(dirname "$store")"
    ;;
esac
