#include "tmtp/retry.h"

#include "base/encode.h"
#include "conf.h"
#include "datadir.h"
#include "store.h"
#include "tmtp/request.h"
#include "tmtp/session.h"
#include "userdb.h"

/*
 * These bits of a hash are of the header alone: enough to decide whether
 * large data is worth waiting for.
 */
#define OF_HEADER ((uint64_t)0xffff << 48)

static uint64_t
hash_header(const struct request *rq, const char *op)
{
	struct span name = span_of(op);

	return encode_hash(encode_hash(0, name.p, name.n), rq->json.p,
	    rq->json.n);
}

/* The other bits are of all. */
static uint64_t
hash_part(uint64_t hash, const struct part *part)
{
	char sum[8];

	if (part->length <= UPLOAD_SMALL)
		return encode_hash(hash, part->small.p, part->small.n);
	encode_u64(sum, part->sum);
	return encode_hash(hash, sum, sizeof(sum));
}

static uint64_t
hash_request(const struct request *rq, const char *op)
{
	uint64_t header = hash_header(rq, op);
	uint64_t all = hash_part(hash_part(header, rq->note), rq->body);

	return (header & OF_HEADER) | (all & ~OF_HEADER);
}

/* The last such receipt that is not too old, or NULL. */
static const struct receipt *
find(const struct request *rq, uint64_t hash, uint64_t mask)
{
	const struct receipt *found = receipts_find(
	    &rq->session->node->receipts, hash, mask);
	uint64_t time = rq->relay->conf->resend_time;

	return found != NULL && found->posted + time > rq->now.wall ? found :
	    NULL;
}

bool
retry_is_done(struct request *rq, const char *op)
{
	const struct receipt *found;

	if (rq->relay->conf->resend_time == 0)
		return false;
	rq->hash = hash_request(rq, op);
	found = find(rq, rq->hash, UINT64_MAX);
	if (found == NULL)
		return false;
	rq->msgid = found->msgid;
	rq->posted = found->posted;
	return true;
}

bool
retry_may_be_done(const struct request *rq, const char *op)
{
	return find(rq, hash_header(rq, op), OF_HEADER) != NULL;
}

void
retry_remember(const struct request *rq)
{
	struct receipt receipt = { rq->hash, rq->msgid, rq->posted };

	if (rq->relay->conf->resend_time > 0)
		userdb_add_receipt(rq->relay->data->userdb,
		    rq->session->node, &receipt);
}
