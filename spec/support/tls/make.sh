#!/bin/sh
# Makes the certificates of the TLS specs anew: ./make.sh, with openssl(1) 3. They are committed, so that the specs need
# no openssl. Everything is valid from 2020 for a hundred years, but for `expired` and `future`. The keys protect nothing.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/index.txt"
cat >"$work/cnf" <<END
[ca]
default_ca = it
[it]
database = $work/index.txt
rand_serial = yes
unique_subject = no
new_certs_dir = $work
default_md = sha256
policy = any
[any]
commonName = supplied
END

# made NAME COMMON-NAME EXTENSIONS UNTIL SIGNER: `openssl ca`, because it is the one that knows dates in the past. From
# `from` on, and with a key of the algorithm `key`.
key=EC
from=20200101000000Z
made() {
  case $key in
  EC) openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" ;;
  RSA) openssl genrsa -traditional -out "$1.key" 2048 ;;
  esac
  openssl req -new -key "$1.key" -subj "/CN=$2" -out "$work/csr"
  printf '%b\n' "$3" >"$work/ext"
  if [ "$5" = itself ]; then set -- "$@" -selfsign -keyfile "$1.key"; else set -- "$@" -cert "$5.crt" -keyfile "$5.key"; fi
  name=$1 until=$4
  shift 5
  openssl ca -batch -config "$work/cnf" -in "$work/csr" -out "$name.crt" -extfile "$work/ext" -notext \
    -startdate $from -enddate "$until" "$@"
}

LONG=21200101000000Z
HERE='subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'
AUTHORITY='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash'

made ca 'Twinport specs' "$AUTHORITY" $LONG itself
made other-ca 'Nobody knows this one' "$AUTHORITY" $LONG itself
made server localhost "$HERE" $LONG ca
made server2 localhost "$HERE" $LONG ca
made elsewhere elsewhere.example 'subjectAltName=DNS:elsewhere.example,DNS:www.elsewhere.example' $LONG ca
made expired localhost "$HERE" 20210101000000Z ca
made unknown localhost "$HERE" $LONG other-ca
made self-signed localhost "$HERE" $LONG itself
made client alice 'extendedKeyUsage=clientAuth' $LONG ca
made stranger mallory 'extendedKeyUsage=clientAuth' $LONG other-ca
# For one end alone, and with the other kind of key.
key=RSA
made rsa localhost "$HERE\nextendedKeyUsage=serverAuth" $LONG ca
key=EC
from=21190101000000Z
made future localhost "$HERE" $LONG ca
from=20200101000000Z
# `chained` is worth nothing without `between`.
made between 'Between the two' "$AUTHORITY" $LONG ca
made chained localhost "$HERE" $LONG between
# Nobody signs with these any more.
rm -f ca.key other-ca.key between.key
