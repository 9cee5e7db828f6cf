/*
 * Plain HTML: it is also served without TLS, to devices that have seen nothing
 * else of the relay yet.
 */
#include "net/ca_page.h"

#include "base/buf.h"
#include "net/cert.h"

static const char begin[] =
"<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
"<title>Trust this relay</title>\n<h1>Trust this relay</h1>\n"
"<p>This relay is its own certificate authority. A browser warns of it until "
"the device trusts that authority, and some features work only then, such as "
"starting without a network.</p>\n"
"<p><strong>Whoever has the authority's key can vouch for any website to this "
"device.</strong> So trust it only if you know the people who run this relay, "
"and only if this fingerprint (SHA-256) is the one in your invitation, or the "
"one that <code>mnm fingerprint</code> shows them:</p>\n<p><code>";

static const char rest[] =
"</code></p>\n"
"<p><a href=\"/ca\" download=\"mnm-ca.crt\">Download the certificate</a>, "
"check its fingerprint where your system shows it, and then:</p>\n"
"<dl>\n"
"<dt>iPhone, iPad</dt><dd>Use Safari, and allow the download. Settings: "
"General, VPN &amp; Device Management: install the profile. Then Settings: "
"General, About, Certificate Trust Settings: switch it on.</dd>\n"
"<dt>Android</dt><dd>Settings: Security, Encryption &amp; credentials, Install "
"a certificate, CA certificate. Firefox: Settings, About Firefox, tap its logo "
"five times; then Settings, Secret Settings, Use third party CA "
"certificates.</dd>\n"
"<dt>Windows</dt><dd>Open the file: Install Certificate, Current User, Place "
"all certificates in the following store: Trusted Root Certification "
"Authorities.</dd>\n"
"<dt>macOS</dt><dd>Open the file, and add it to the keychain <em>login</em>. "
"In Keychain Access, open the certificate, and under Trust choose Always "
"Trust.</dd>\n"
"<dt>Linux: Chromium, Chrome</dt><dd>Settings: Privacy and security, Security, "
"Manage certificates, Authorities: import it for websites. Or: <code>certutil "
"-d sql:$HOME/.pki/nssdb -A -t C,, -n mnm -i mnm-ca.crt</code></dd>\n"
"<dt>Firefox</dt><dd>Settings: Privacy &amp; Security, View Certificates, "
"Authorities: import it for websites.</dd>\n"
"</dl>\n"
"<p>Then close the browser and <a href=\"/\">open the relay</a> again.</p>\n"
"</html>\n";

void
ca_page_write(struct buf *to, const struct cert *cert)
{
	buf_add(to, SPAN(begin));
	buf_add(to, span_of(cert->fingerprint));
	buf_add(to, SPAN(rest));
}
