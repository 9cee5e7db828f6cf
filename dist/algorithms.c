/*
 * For `make static`: one implementation of each algorithm, in place of
 * BearSSL's own choice, which contains several.  For AES-GCM, which most bytes
 * go through, it is the fastest: what an x86 processor has, or else what suits
 * the processor's words.  X25519 is not among them: every client also has
 * P-256, and certificates need that anyway.
 */
#include <stdint.h>
#include <bearssl.h>

const br_ec_impl *
br_ec_get_default(void)
{
	return &br_ec_prime_i31;
}

br_rsa_private
br_rsa_private_get_default(void)
{
	return br_rsa_i31_private;
}

br_rsa_pkcs1_sign
br_rsa_pkcs1_sign_get_default(void)
{
	return br_rsa_i31_pkcs1_sign;
}

br_rsa_pkcs1_vrfy
br_rsa_pkcs1_vrfy_get_default(void)
{
	return br_rsa_i31_pkcs1_vrfy;
}

void
br_ssl_engine_set_default_ec(br_ssl_engine_context *engine)
{
	br_ssl_engine_set_ec(engine, &br_ec_prime_i31);
}

void
br_ssl_engine_set_default_aes_gcm(br_ssl_engine_context *engine)
{
	const br_block_ctr_class *ctr = br_aes_x86ni_ctr_get_vtable();
	br_ghash ghash = br_ghash_pclmul_get();

	if (ctr == NULL)
		ctr = SIZE_MAX > UINT32_MAX ? &br_aes_ct64_ctr_vtable :
		    &br_aes_ct_ctr_vtable;
	if (ghash == 0)
		ghash = SIZE_MAX > UINT32_MAX ? br_ghash_ctmul64 :
		    br_ghash_ctmul32;
	br_ssl_engine_set_gcm(engine, &br_sslrec_in_gcm_vtable,
	    &br_sslrec_out_gcm_vtable);
	br_ssl_engine_set_aes_ctr(engine, ctr);
	br_ssl_engine_set_ghash(engine, ghash);
}

void
br_ssl_engine_set_default_chapol(br_ssl_engine_context *engine)
{
	br_ssl_engine_set_chapol(engine, &br_sslrec_in_chapol_vtable,
	    &br_sslrec_out_chapol_vtable);
	br_ssl_engine_set_chacha20(engine, br_chacha20_ct_run);
	br_ssl_engine_set_poly1305(engine, br_poly1305_ctmul_run);
}

void
br_ssl_engine_set_default_ecdsa(br_ssl_engine_context *engine)
{
	br_ssl_engine_set_ecdsa(engine, br_ecdsa_i31_vrfy_asn1);
}
