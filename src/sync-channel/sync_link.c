/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include <openssl/err.h>

/** buffers hold one frame of any length more than what fills a TLS record */
#define BUFFER_SIZE (SYNC_FRAME_MAX + 64 * 1024)

typedef struct private_sync_link_t private_sync_link_t;
typedef struct buffer_t buffer_t;

/**
 * Buffer with data between start and end.
 */
struct buffer_t {
	/** allocated memory */
	u_char *mem;
	/** where the data starts and ends */
	size_t start, end;
};

/**
 * Private data.
 */
struct private_sync_link_t {

	/** public interface */
	sync_link_t public;

	/** TLS */
	sync_tls_t *tls;

	/** session */
	SSL *ssl;

	/** socket */
	int fd;

	/** address of other side */
	host_t *peer;

	/** TLS has to write before it can go on */
	bool want_write;

	/** the handshake is done; OpenSSL forgets that with an error */
	bool secured;

	/** why the connection is gone, kept until all that came before was read */
	char *ended;

	/** received, and to be sent */
	buffer_t in, out;

	/** octets on the wire and frames, counted by count() already */
	uint64_t bytes_in, bytes_out;

	/** frames since the last count() */
	uint64_t frames_in, frames_out;
};

/**
 * Move data to the start of its buffer, wipe where it was.
 */
static void compact(buffer_t *buf)
{
	size_t len = buf->end - buf->start;

	if (buf->start)
	{
		memmove(buf->mem, buf->mem + buf->start, len);
		memwipe(buf->mem + len, buf->end - len);
		buf->start = 0;
		buf->end = len;
	}
}

/**
 * Create the reason for a connection that is gone.
 */
static char *describe_end(private_sync_link_t *this, int error)
{
	char *text;

	if (!this->secured)
	{	/* as strangers, we are not told why */
		return strdup("closed before TLS was up, see the other side's log; is "
					  "our address in its list of members?");
	}
	if (!error)
	{
		return strdup("closed by the other side");
	}
	if (asprintf(&text, "connection failed: %s", strerror(error)) < 0)
	{
		return strdup("connection failed");
	}
	return text;
}

/**
 * What became of an operation on the session.
 */
static status_t check_result(private_sync_link_t *this, int ret, char **why)
{
	int error = errno;

	switch (SSL_get_error(this->ssl, ret))
	{
		case SSL_ERROR_NONE:
			return SUCCESS;
		case SSL_ERROR_WANT_WRITE:
			this->want_write = TRUE;
			return NEED_MORE;
		case SSL_ERROR_WANT_READ:
			return NEED_MORE;
		case SSL_ERROR_SSL:
			*why = ERR_GET_REASON(ERR_peek_last_error()) ==
											SSL_R_UNEXPECTED_EOF_WHILE_READING ?
						describe_end(this, 0) :
						this->tls->describe_error(this->tls, this->ssl);
			break;
		case SSL_ERROR_ZERO_RETURN:
			*why = describe_end(this, 0);
			break;
		default:
			*why = describe_end(this, error);
			break;
	}
	ERR_clear_error();
	return FAILED;
}

METHOD(sync_link_t, get_fd, int,
	private_sync_link_t *this)
{
	return this->fd;
}

METHOD(sync_link_t, get_peer, host_t*,
	private_sync_link_t *this)
{
	return this->peer;
}

METHOD(sync_link_t, get_events, short,
	private_sync_link_t *this, bool reading)
{
	return (reading ? POLLIN : 0) | (this->want_write ? POLLOUT : 0);
}

METHOD(sync_link_t, handshake, status_t,
	private_sync_link_t *this, char **why)
{
	status_t status;

	this->want_write = FALSE;
	ERR_clear_error();
	status = check_result(this, SSL_do_handshake(this->ssl), why);
	this->secured = status == SUCCESS;
	return status;
}

METHOD(sync_link_t, is_member, bool,
	private_sync_link_t *this, const char *member)
{
	return this->tls->is_member(this->tls, this->ssl, member);
}

METHOD(sync_link_t, receive, bool,
	private_sync_link_t *this, size_t *len, char **why)
{
	buffer_t *in = &this->in;
	status_t status = SUCCESS;
	int ret;

	*len = 0;
	if (this->ended)
	{
		*why = this->ended;
		this->ended = NULL;
		return FALSE;
	}
	compact(in);
	while (status == SUCCESS && in->end < BUFFER_SIZE)
	{
		ERR_clear_error();
		ret = SSL_read(this->ssl, in->mem + in->end, BUFFER_SIZE - in->end);
		status = check_result(this, ret, why);
		if (status == SUCCESS)
		{
			in->end += ret;
			*len += ret;
		}
	}
	/* what came before the end is looked at first */
	if (status == FAILED && *len)
	{
		this->ended = *why;
		*why = NULL;
		status = NEED_MORE;
	}
	return status != FAILED;
}

METHOD(sync_link_t, next, status_t,
	private_sync_link_t *this, sync_frame_t *frame, char **why)
{
	buffer_t *in = &this->in;
	status_t status;
	size_t len;

	status = sync_frame_decode(chunk_create(in->mem + in->start,
											in->end - in->start), frame, &len);
	if (status == SUCCESS)
	{
		in->start += len;
		this->frames_in++;
	}
	else if (status == FAILED)
	{
		*why = strdup("received a malformed frame");
	}
	return status;
}

METHOD(sync_link_t, get_space, chunk_t,
	private_sync_link_t *this)
{
	compact(&this->out);
	return chunk_create(this->out.mem + this->out.end,
						BUFFER_SIZE - this->out.end);
}

METHOD(sync_link_t, added, void,
	private_sync_link_t *this, u_int frames, size_t len)
{
	this->out.end += len;
	this->frames_out += frames;
}

METHOD(sync_link_t, flush, bool,
	private_sync_link_t *this, char **why)
{
	buffer_t *out = &this->out;
	status_t status = SUCCESS;
	int ret;

	this->want_write = FALSE;
	while (status == SUCCESS && out->start < out->end)
	{
		ERR_clear_error();
		ret = SSL_write(this->ssl, out->mem + out->start,
						out->end - out->start);
		status = check_result(this, ret, why);
		if (status == SUCCESS)
		{
			memwipe(out->mem + out->start, ret);
			out->start += ret;
		}
	}
	return status != FAILED;
}

METHOD(sync_link_t, is_flushed, bool,
	private_sync_link_t *this)
{
	return this->out.start == this->out.end;
}

METHOD(sync_link_t, count, void,
	private_sync_link_t *this, sync_member_t *member)
{
	uint64_t in = BIO_number_read(SSL_get_rbio(this->ssl));
	uint64_t out = BIO_number_written(SSL_get_wbio(this->ssl));

	member->bytes_in += in - this->bytes_in;
	member->bytes_out += out - this->bytes_out;
	member->frames_in += this->frames_in;
	member->frames_out += this->frames_out;
	this->bytes_in = in;
	this->bytes_out = out;
	this->frames_in = this->frames_out = 0;
}

METHOD(sync_link_t, destroy, void,
	private_sync_link_t *this)
{
	if (SSL_is_init_finished(this->ssl))
	{
		SSL_shutdown(this->ssl);
	}
	ERR_clear_error();
	SSL_free(this->ssl);
	close(this->fd);
	this->tls->destroy(this->tls);
	this->peer->destroy(this->peer);
	memwipe(this->in.mem, BUFFER_SIZE);
	memwipe(this->out.mem, BUFFER_SIZE);
	free(this->in.mem);
	free(this->out.mem);
	free(this->ended);
	free(this);
}

/*
 * Described in header.
 */
sync_link_t *sync_link_create(sync_tls_t *tls, int fd, host_t *peer,
							  bool server)
{
	private_sync_link_t *this;
	SSL *ssl = tls->create_session(tls, fd, server);

	if (!ssl)
	{
		ERR_clear_error();
		close(fd);
		peer->destroy(peer);
		return NULL;
	}
	INIT(this,
		.public = {
			.get_fd = _get_fd,
			.get_peer = _get_peer,
			.get_events = _get_events,
			.handshake = _handshake,
			.is_member = _is_member,
			.receive = _receive,
			.next = _next,
			.get_space = _get_space,
			.added = _added,
			.flush = _flush,
			.is_flushed = _is_flushed,
			.count = _count,
			.destroy = _destroy,
		},
		.tls = tls->get_ref(tls),
		.ssl = ssl,
		.fd = fd,
		.peer = peer,
		.in.mem = malloc(BUFFER_SIZE),
		.out.mem = malloc(BUFFER_SIZE),
	);
	return &this->public;
}
