#include "mail/charset.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

#define NAME_MAX_BYTES 24
#define REPLACEMENT    SPAN("\ufffd")

/*
 * Of each set its name without hyphens, and the characters of the bytes from
 * here on; those from 0x80 on that are below it have none.
 */
static const struct charset {
	const char *name;
	unsigned char from;
	const char *characters;
} charsets[] = {
	{ "windows1252", 0x80,
	    "€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘"
	    "’“”•–—˜™š›œ\ufffdžŸ\u00a0¡¢£¤¥¦§¨"
	    "©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅ"
	    "ÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãä"
	    "åæçèéêëìíîïðñòóôõö÷øùúûüýþÿ" },
	{ "windows1250", 0x80,
	    "€\ufffd‚\ufffd„…†‡\ufffd‰Š‹ŚŤŽŹ\ufffd‘"
	    "’“”•–—\ufffd™š›śťžź\u00a0ˇ˘Ł¤Ą¦§¨"
	    "©Ş«¬\u00ad®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľżŔÁÂĂÄĹ"
	    "ĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăä"
	    "ĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙" },
	{ "windows1251", 0x80,
	    "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–"
	    "—\ufffd™љ›њќћџ\u00a0ЎўЈ¤Ґ¦§Ё©Є«¬\u00ad"
	    "®Ї°±Ііґµ¶·ё№є»јЅѕїАБВГДЕЖЗИЙКЛ"
	    "МНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийк"
	    "лмнопрстуфхцчшщъыьэюя" },
	{ "windows1253", 0x80,
	    "€\ufffd‚ƒ„…†‡\ufffd‰\ufffd‹\ufffd\ufffd\ufffd"
	    "\ufffd\ufffd‘’“”•–—\ufffd™\ufffd›\ufffd"
	    "\ufffd\ufffd\ufffd\u00a0΅Ά£¤¥¦§¨©\ufffd«¬\u00ad®"
	    "―°±²³΄µ¶·ΈΉΊ»Ό½ΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜ"
	    "ΝΞΟΠΡ\ufffdΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθι"
	    "κλμνξοπρςστυφχψωϊϋόύώ\ufffd" },
	{ "windows1254", 0x80,
	    "€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffd\ufffd\ufffd\ufffd"
	    "‘’“”•–—˜™š›œ\ufffd\ufffdŸ\u00a0¡¢£¤"
	    "¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁ"
	    "ÂÃÄÅÆÇÈÉÊËÌÍÎÏĞÑÒÓÔÕÖ×ØÙÚÛÜİŞßà"
	    "áâãäåæçèéêëìíîïğñòóôõö÷øùúûüışÿ" },
	{ "iso88592", 0xa0,
	    "\u00a0Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u00adŽŻ°ą˛ł´ľśˇ¸šş"
	    "ťź˝žżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮ"
	    "ÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷ř"
	    "ůúűüýţ˙" },
	{ "iso88595", 0xa0,
	    "\u00a0ЁЂЃЄЅІЇЈЉЊЋЌ\u00adЎЏАБВГДЕЖЗИЙК"
	    "ЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзий"
	    "клмнопрстуфхцчшщъыьэюя№ёђѓєѕії"
	    "јљњћќ§ўџ" },
	{ "iso88597", 0xa0,
	    "\u00a0‘’£€₯¦§¨©ͺ«¬\u00ad\ufffd―°±²³΄΅"
	    "Ά·ΈΉΊ»Ό½ΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ\ufffd"
	    "ΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρ"
	    "ςστυφχψωϊϋόύώ\ufffd" },
	{ "iso88599", 0xa0,
	    "\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º"
	    "»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏĞÑÒÓÔÕÖ×ØÙ"
	    "ÚÛÜİŞßàáâãäåæçèéêëìíîïğñòóôõö÷ø"
	    "ùúûüışÿ" },
	{ "iso885915", 0xa0,
	    "\u00a0¡¢£€¥Š§š©ª«¬\u00ad®¯°±²³Žµ¶·ž¹"
	    "º»ŒœŸ¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×Ø"
	    "ÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷"
	    "øùúûüýþÿ" },
	{ "koi8r", 0x80,
	    "─│┌┐└┘├┤┬┴┼▀▄█▌▐░▒▓⌠"
	    "■∙√≈≤≥\u00a0⌡°²·÷═║╒ё╓╔╕╖╗"
	    "╘╙╚╛╜╝╞╟╠╡Ё╢╣╤╥╦╧╨╩╪╫"
	    "╬©юабцдефгхийклмнопярстужвьызш"
	    "эщчъЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬЫЗ"
	    "ШЭЩЧЪ" },
	{ "koi8u", 0x80,
	    "─│┌┐└┘├┤┬┴┼▀▄█▌▐░▒▓⌠"
	    "■∙√≈≤≥\u00a0⌡°²·÷═║╒ёє╔ії╗╘"
	    "╙╚╛ґ╝╞╟╠╡ЁЄ╣ІЇ╦╧╨╩╪Ґ╬©ю"
	    "абцдефгхийклмнопярстужвьызшэщчъ"
	    "ЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬЫЗШЭЩЧ"
	    "Ъ" }
};

#define CHARSETS (sizeof(charsets) / sizeof(charsets[0]))

/* Other names.  What claims to be ISO 8859-1 is in truth often windows-1252. */
static const struct {
	const char *other, *name;
} others[] = {
	{ "", "usascii" }, { "ascii", "usascii" },
	{ "ansix3.41968", "usascii" }, { "646", "usascii" },
	{ "utf8", "utf8" }, { "unicode11utf8", "utf8" },
	{ "iso88591", "windows1252" }, { "latin1", "windows1252" },
	{ "l1", "windows1252" }, { "cp1252", "windows1252" },
	{ "cp1250", "windows1250" }, { "cp1251", "windows1251" },
	{ "cp1253", "windows1253" }, { "cp1254", "windows1254" },
	{ "latin2", "iso88592" }, { "latin5", "iso88599" },
	{ "latin9", "iso885915" }
};

#define OTHERS (sizeof(others) / sizeof(others[0]))

/* In lower case, without hyphens, underscores and spaces. */
static void
fold_name(char folded[NAME_MAX_BYTES], struct span set)
{
	size_t i, n = 0;
	char c;

	for (i = 0; i < set.n && n < NAME_MAX_BYTES - 1; i++) {
		c = set.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != '-' && c != '_' && c != ' ')
			folded[n++] = c;
	}
	folded[n] = '\0';
	for (i = 0; i < OTHERS; i++) {
		if (strcmp(others[i].other, folded) == 0)
			memcpy(folded, others[i].name,
			    strlen(others[i].name) + 1);
	}
}

static const struct charset *
find_charset(const char *name)
{
	size_t i;

	for (i = 0; i < CHARSETS; i++) {
		if (strcmp(charsets[i].name, name) == 0)
			return &charsets[i];
	}
	return NULL;
}

static void
add_utf8(struct buf *to, struct span text)
{
	uint32_t character;
	size_t i, n;

	for (i = 0; i < text.n; i += n > 0 ? n : 1) {
		n = utf8_take(text.p + i, text.n - i, &character);
		if (n == 0 || (character >= 0x80 && character < 0xa0))
			buf_add(to, REPLACEMENT);
		else
			buf_add(to, (struct span){ text.p + i, n });
	}
}

/* With NULL, only ASCII has characters. */
static void
add_bytes(struct buf *to, const struct charset *set, struct span text)
{
	struct span characters[128];
	const char *p = set != NULL ? set->characters : "";
	uint32_t character;
	size_t i;

	for (i = 0; i < 128; i++) {
		characters[i] = REPLACEMENT;
		if (set == NULL || i + 0x80 < set->from)
			continue;
		characters[i].p = p;
		characters[i].n = utf8_take(p, strlen(p), &character);
		p += characters[i].n;
	}
	for (i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] < 0x80)
			buf_add_byte(to, text.p[i]);
		else
			buf_add(to, characters[text.p[i] & 0x7f]);
	}
}

bool
charset_add(struct buf *to, struct span set, struct span text)
{
	const struct charset *found;
	char name[NAME_MAX_BYTES];

	fold_name(name, set);
	if (strcmp(name, "utf8") == 0) {
		add_utf8(to, text);
		return true;
	}
	if (strcmp(name, "usascii") == 0) {
		if (utf8_is_valid(text.p, text.n))
			add_utf8(to, text);
		else
			add_bytes(to, find_charset("windows1252"), text);
		return true;
	}
	found = find_charset(name);
	add_bytes(to, found, text);
	return found != NULL;
}
