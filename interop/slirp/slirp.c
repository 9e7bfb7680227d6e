/*
 * slirp.c - libslirp 4.7's functions on the engine: what QEMU's -netdev user calls.
 *
 * The engine is dispatched by the program's own loop: it is one descriptor there, and its next
 * deadline shortens the loop's wait. It goes by the real clock, where libslirp goes by the virtual
 * one: a machine that is stopped for long finds its connections as after a pause of the network.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim.h"

enum { TURNS = 16 };

static void on_log(void *user, int32_t level, const char *message)
{
    (void)user;
    if (level >= SLIPWAY_LOG_WARNING)
        fprintf(stderr, "slipway: %s\n", message);
}

/* The engine has frames for the guest. What the program does not take is lost, as it always was
 * here; TCP sends it again. */
static uint32_t on_output(void *user, slipway_port port, const slipway_frame_out *frames,
                          uint32_t count)
{
    Slirp *slirp = user;
    (void)port;
    for (uint32_t i = 0; i < count; i++)
        slirp->callbacks->send_packet(frames[i].header + 1, frames[i].length, slirp->opaque);
    return count;
}

Slirp *slirp_new(const SlirpConfig *config, const SlirpCb *callbacks, void *opaque)
{
    char json[SHIM_TEXT];
    if (!config || !callbacks || config->version < 1 || config->version > 6) {
        shim_say(NULL, "slirp_new was called by a program that this shim does not know");
        return NULL;
    }
    if (shim_configure(config, json, sizeof json) != 0)
        return NULL;
    Slirp *slirp = calloc(1, sizeof *slirp);
    if (!slirp)
        return NULL;
    slirp->callbacks = callbacks;
    slirp->opaque = opaque;
    inet_ntop(AF_INET, &config->vdhcp_start, slirp->first_guest, sizeof slirp->first_guest);
    slipway_engine_options options = {
        .size = sizeof options, .config_json = json, .log = on_log,
        .log_level = SLIPWAY_LOG_WARNING};
    slipway_frames_options frames = {.size = sizeof frames, .output = on_output, .user = slirp};
    if (slipway_engine_create(&options, &slirp->engine) != SLIPWAY_OK
        || slipway_port_attach_frames(slirp->engine, &frames, &slirp->port) != SLIPWAY_OK) {
        shim_say(NULL, "the network cannot be made: %s", slipway_last_error());
        slipway_engine_destroy(slirp->engine);
        free(slirp);
        return NULL;
    }
    if (callbacks->register_poll_fd)
        callbacks->register_poll_fd(slipway_engine_fd(slirp->engine), opaque);
    if (config->version >= 4 && callbacks->init_completed)
        callbacks->init_completed(slirp, opaque);
    return slirp;
}

Slirp *slirp_init(int restricted, bool in_enabled, struct in_addr vnetwork,
                  struct in_addr vnetmask, struct in_addr vhost, bool in6_enabled,
                  struct in6_addr vprefix_addr6, uint8_t vprefix_len, struct in6_addr vhost6,
                  const char *vhostname, const char *tftp_server_name, const char *tftp_path,
                  const char *bootfile, struct in_addr vdhcp_start, struct in_addr vnameserver,
                  struct in6_addr vnameserver6, const char **vdnssearch, const char *vdomainname,
                  const SlirpCb *callbacks, void *opaque)
{
    SlirpConfig config = {
        .version = 1, .restricted = restricted, .in_enabled = in_enabled, .vnetwork = vnetwork,
        .vnetmask = vnetmask, .vhost = vhost, .in6_enabled = in6_enabled,
        .vprefix_addr6 = vprefix_addr6, .vprefix_len = vprefix_len, .vhost6 = vhost6,
        .vhostname = vhostname, .tftp_server_name = tftp_server_name, .tftp_path = tftp_path,
        .bootfile = bootfile, .vdhcp_start = vdhcp_start, .vnameserver = vnameserver,
        .vnameserver6 = vnameserver6, .vdnssearch = vdnssearch, .vdomainname = vdomainname};
    return slirp_new(&config, callbacks, opaque);
}

/* QEMU 7.2 goes on with what slirp_new gives, NULL too: so none of these may need an instance. */
void slirp_cleanup(Slirp *slirp)
{
    if (!slirp)
        return;
    if (slirp->callbacks->unregister_poll_fd)
        slirp->callbacks->unregister_poll_fd(slipway_engine_fd(slirp->engine), slirp->opaque);
    slipway_engine_destroy(slirp->engine);
    free(slirp);
}

void slirp_pollfds_fill(Slirp *slirp, uint32_t *timeout, SlirpAddPollCb add_poll, void *opaque)
{
    int64_t deadline;
    if (!slirp)
        return;
    slirp->poll_index = add_poll(slipway_engine_fd(slirp->engine), SLIRP_POLL_IN, opaque);
    if (slipway_next_deadline_ns(slirp->engine, &deadline) == SLIPWAY_OK && deadline >= 0
        && deadline / 1000000 < *timeout)
        *timeout = (uint32_t)((deadline + 999999) / 1000000);
}

void slirp_pollfds_poll(Slirp *slirp, int select_error, SlirpGetREventsCb get_revents,
                        void *opaque)
{
    (void)select_error, (void)get_revents, (void)opaque;
    if (slirp)
        slipway_dispatch(slirp->engine, TURNS);
}

/* Frames wait for the program's loop, which the engine's descriptor wakes: with a turn for each of
 * them uploads were slower. Only a full port is emptied at once; if that is not possible, within
 * on_output, the frame is lost, as on any link. */
void slirp_input(Slirp *slirp, const uint8_t *packet, int length)
{
    slipway_iovec piece = {packet, (size_t)length};
    slipway_frame_in frame = {.pieces = &piece, .piece_count = 1};
    if (!slirp || length <= 0)
        return;
    if (slipway_port_input(slirp->port, &frame, 1, NULL) == SLIPWAY_E_AGAIN
        && slipway_dispatch(slirp->engine, TURNS) >= 0)
        slipway_port_input(slirp->port, &frame, 1, NULL);
}

void slirp_handle_timer(Slirp *slirp, SlirpTimerId id, void *cb_opaque)
{
    /* Timers are the engine's, and none is asked of the program. */
    (void)slirp, (void)id, (void)cb_opaque;
}

const char *slirp_version_string(void)
{
    static char text[64];
    snprintf(text, sizeof text, "slipway %s", slipway_version());
    return text;
}

/* Of flows nothing was ever saved by libslirp either, but guestfwd's, which there are none of. */
/* Nothing: connections do not move. libslirp's own stream is another one, so that a machine moves
 * between two shims or between two libslirps, and not from one to the other. */
void slirp_state_save(Slirp *slirp, SlirpWriteCb write_cb, void *opaque)
{
    (void)slirp, (void)write_cb, (void)opaque;
}

/* libslirp's number, which QEMU insists on. */
int slirp_state_version(void) { return 4; }

int slirp_state_load(Slirp *slirp, int version_id, SlirpReadCb read_cb, void *opaque)
{
    (void)slirp, (void)read_cb, (void)opaque;
    return version_id == slirp_state_version() ? 0 : -1;
}
