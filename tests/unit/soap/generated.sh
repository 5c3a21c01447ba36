#!/bin/sh
# gen/generate on our own WSDL: the operation and the types are there, twice the same, offline.
# Usage: generated.sh PROJECT WORK-FOLDER
set -eu
project=$1 work=$2
failed=0

must_hold() { # file text
    grep -qF -- "$2" "$1" || { echo "$1: no \"$2\"" >&2; failed=1; }
}

rm -rf "$work"
# Only loopback proxies that nobody answers on: a tool that wants to fetch something fails.
export http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1
"$project/gen/generate" "$project/gen" "$project/wsdl" "$work/first"
"$project/gen/generate" "$project/gen" "$project/wsdl" "$work/second"
diff -r "$work/first" "$work/second" || failed=1

header=$work/first/contract.h
must_hold "$header" '__b__SendMessage('
must_hold "$header" 'SyncChannelHttpBinding'
for type in typ__SendMessage typ__SendMessageResponse s__createSigningSession s__createSigningSessionResponse \
    s__getSigningStatus s__getSigningStatusResponse s__getSigningResult s__getSigningResultResponse \
    s__cancelSigningSession s__cancelSigningSessionResponse c__verifyPhoto c__getVerification c__getPersonData \
    c__getPersonDataResponse c__getVendors c__getVendorsResponse c__getTransactions c__getTransactionsResponse \
    c__getActDetail c__getActDetailResponse c__getAct c__getActResponse c__getNews c__getNewsResponse e__error; do
    must_hold "$header" "struct _$type"
done
must_hold "$header" 'struct c__Verification'
for stamp in soapC.c soapH.h soapStub.h contract.h; do
    if grep -n ' GMT' "$work/first/$stamp"; then echo "$stamp: a time stamp" >&2; failed=1; fi
done
exit $failed
