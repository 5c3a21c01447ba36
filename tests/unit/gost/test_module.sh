#!/bin/sh
# The module kzgost.so in the openssl command: test_module.sh PATH/kzgost.so
# With ../shared it verifies НУЦ РК's production chain, without it a chain of its own making.
set -eu
module=$1
shared=${SHEP_SHARED:-../shared}
command -v openssl >/dev/null || { echo "SKIP: no openssl command"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A sanitized module needs its runtime in front of everything.
for runtime in libasan libtsan; do
    found=$(ldd "$module" | sed -n "s/.*$runtime.*=> \([^ ]*\).*/\1/p")
    if [ -n "$found" ]; then
        LD_PRELOAD=$found
        ASAN_OPTIONS=detect_leaks=0 # of the openssl command, not of the module
        export LD_PRELOAD ASAN_OPTIONS
    fi
done

ssl() { # command arguments...: with the module
    command=$1
    shift
    openssl "$command" -provider-path "$(dirname "$module")" -provider kzgost -provider default "$@"
}
fail() { echo "FAILED: $*" >&2; exit 1; }
expect() { # what text: standard input has a line with the text
    cat >"$work/seen"
    grep -q -- "$2" "$work/seen" || { cat "$work/seen" >&2; fail "$1: no \"$2\""; }
}

exported=$(nm -D --defined-only "$module" | awk '$2 != "A" && $2 != "N" { print $3 }')
[ "$exported" = OSSL_provider_init ] || fail "exports: $exported"

ssl list -providers | expect "list" "Kazakhstan GOST provider"
printf '' | ssl dgst -kz-gost34311-95 | expect "dgst" ce85b99cc46752fffee35cab9a7b0278abb4c2d2055cff685af4912c49490f8d

cd "$work"
for key in kz-gost2004 kz-gost2015-512; do
    case $key in kz-gost2004) digest=kz-gost34311-95 ;; *) digest=kz-streebog512 ;; esac
    ssl genpkey -algorithm $key -out key.pem 2>/dev/null
    ssl genpkey -algorithm $key -out leaf.pem 2>/dev/null
    ssl pkey -in key.pem -check -noout | expect "$key pkey -check" "Key is valid"
    ssl pkey -in key.pem -pubout -out pub.pem
    ssl pkey -pubin -in pub.pem -text -noout | expect "$key pkey -text" "Parameter set: 1.2.398.3.10"
    ssl pkey -in key.pem -aes256 -passout pass:Qwerty12 -out locked.pem
    expect "$key pkey -aes256" "BEGIN ENCRYPTED PRIVATE KEY" <locked.pem
    ssl pkey -in locked.pem -passin pass:Qwerty12 -out again.pem
    cmp -s key.pem again.pem || fail "$key: the key changed under its passphrase"

    ssl req -x509 -new -key key.pem -subj /CN=Root -days 2 -out root.pem
    ssl req -new -key leaf.pem -subj /CN=Leaf -out leaf.csr
    ssl req -in leaf.csr -verify -noout 2>&1 | expect "$key req -verify" "verify OK"
    ssl x509 -req -in leaf.csr -CA root.pem -CAkey key.pem -CAcreateserial -days 2 -out cert.pem 2>/dev/null
    ssl x509 -in cert.pem -noout -text | expect "$key x509 -text" "Signature Algorithm: $key-with-${digest#kz-}"
    ssl verify -CAfile root.pem cert.pem | expect "$key verify" "cert.pem: OK"
    ssl verify -CAfile cert.pem root.pem 2>&1 | expect "$key verify against a stranger" "verification failed"

    echo text >text
    ssl dgst -$digest -sign leaf.pem -out text.sig text
    ssl x509 -in cert.pem -pubkey -noout >leaf.pub
    ssl dgst -$digest -verify leaf.pub -signature text.sig text | expect "$key dgst -verify" "Verified OK"
    echo other >text
    ssl dgst -$digest -verify leaf.pub -signature text.sig text 2>&1 | expect "$key dgst of other text" "Verification failure"
    ssl pkcs12 -export -inkey leaf.pem -in cert.pem -passout pass:Qwerty12 -out store.p12
    ssl pkcs12 -in store.p12 -passin pass:Qwerty12 -noenc -nocerts 2>/dev/null |
        ssl pkey -out again.pem
    cmp -s leaf.pem again.pem || fail "$key: the key changed in PKCS#12"
    echo "$key: ok"
done
cd - >/dev/null

if [ ! -d "$shared/vectors/ca-production" ]; then
    echo "SKIP: НУЦ РК's chain, no ../shared (the rest passed)"
    exit 0
fi
ca=$shared/vectors/ca-production
ssl verify -CAfile "$ca/root_gost_2022.pem" "$ca/nca_gost_2022.pem" | expect "verify НУЦ РК" "nca_gost_2022.pem: OK"
ssl verify -CAfile "$ca/root_gost_2022.pem" "$ca/root_gost_2022.pem" | expect "verify the root" "root_gost_2022.pem: OK"
for root in root_gost_2020.cer root_gost_2022.pem; do
    ssl x509 -in "$ca/$root" -outform PEM -out "$work/root.pem"
    ssl verify -check_ss_sig -CAfile "$work/root.pem" "$work/root.pem" | expect "verify $root" "root.pem: OK"
    ssl x509 -in "$ca/$root" -noout -text | expect "x509 -text $root" "Parameter set: 1.2.398.3.10"
done
ssl verify -CAfile "$work/root.pem" "$ca/nca_gost.pem" 2>&1 | expect "an issuer that is not here" "verification failed"
echo "НУЦ РК: ok"
