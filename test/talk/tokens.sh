#!/bin/sh
# tokens.sh - make test/talk/tokens and keys.json: id tokens for conversations,
# valid when they begin, 2026-01-01, and keys to check them.  The private keys
# are thrown away: to change one token, make all of them again.

cd "$(dirname "$0")" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
now=1767225600

base64url() {
	base64 -w0 | tr '+/' '-_' | tr -d '='
}

# sign KEY: the signature of what is read.
sign() {
	case $1 in
	none) printf AAAA ;;
	secret) openssl dgst -sha256 -hmac "$(cat "$work/good.pub")" -binary |
	    base64url ;;
	*) openssl dgst -sha256 -sign "$work/$1.pem" | base64url ;;
	esac
}

# token NAME KEY ALG KID CLAIMS
token() {
	text=$(printf '{"alg":"%s","kid":"%s"}' "$3" "$4" | base64url).$(
	    printf %s "$5" | base64url)
	echo "$1 $text.$(printf %s "$text" | sign "$2")"
}

# claims SUB [ISS [AUD [IAT [EXP]]]]: aud is JSON, the times are from now.
claims() {
	printf '{"sub":"%s","iss":"%s","aud":%s,"iat":%s,"exp":%s}' "$1" \
	    "${2:-https://id.example}" "${3:-\"mnm\"}" $((now + ${4:--10})) \
	    $((now + ${5:-3600}))
}

for key in good forger; do
	openssl genrsa -out "$work/$key.pem" 2048 2>/dev/null || exit 1
	openssl rsa -in "$work/$key.pem" -pubout >"$work/$key.pub" 2>/dev/null
done
n=$(openssl rsa -in "$work/good.pem" -modulus -noout | sed 's/.*=//' |
    sed 's/../\\x&/g')
printf '{"keys":[{"kty":"RSA","kid":"k1","alg":"RS256","e":"AQAB","n":"%s"}]}\n' \
    "$(env printf "$n" | base64url)" >keys.json
long=$(printf '%0255d' 0)
{
	token alice good RS256 k1 "$(claims alice)"
	token alice-again good RS256 k1 "$(claims alice)"
	token bob good RS256 k1 "$(claims bob '' '["x","mnm"]')"
	token carol good RS256 k1 "$(claims carol)"
	token service good RS256 k1 "$(claims alice https://service.example)"
	token long good RS256 k1 "$(claims "$long")"
	token too-long good RS256 k1 "$(claims "x$long")"
	token control good RS256 k1 "$(claims 'a\nb')"
	token other-issuer good RS256 k1 "$(claims alice https://id.example/)"
	token other-audience good RS256 k1 "$(claims alice '' '"x"')"
	token expired good RS256 k1 "$(claims alice '' '' -3600 -3000)"
	token early good RS256 k1 "$(claims alice '' '' 3600 7200)"
	token forged forger RS256 k1 "$(claims alice)"
	token other-key good RS256 k2 "$(claims alice)"
	token none none none k1 "$(claims alice)"
	token hs256 secret HS256 k1 "$(claims alice)"
	token es256 good ES256 k1 "$(claims alice)"
	token no-sub good RS256 k1 '{"iss":"https://id.example","aud":"mnm"}'
} >tokens
