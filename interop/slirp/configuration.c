/*
 * configuration.c - libslirp's settings as the engine's.
 *
 * In libslirp the host's address (10.0.2.2) is router and way to the host's loopback in one, and
 * the name server (10.0.2.3) is another. Here the router is where DNS is: so the name server's
 * address is the gateway's, and the host's address leads to the loopback. Guests that were told of
 * 10.0.2.2 as their router by hand reach it all the same: it has the gateway's MAC address.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim.h"

struct text {
    char *at;
    size_t left;
};

static void add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->at, text->left, format, arguments);
    va_end(arguments);
    size_t used = length < 0 ? 0 : (size_t)length;
    used = used < text->left ? used : text->left;
    text->at += used;
    text->left -= used;
}

/* A string of JSON. Names have no character that needs more than this. */
static void add_string(struct text *text, const char *string)
{
    add(text, "\"");
    for (; *string; string++)
        if (*string == '"' || *string == '\\')
            add(text, "\\%c", *string);
        else if ((unsigned char)*string >= ' ')
            add(text, "%c", *string);
    add(text, "\"");
}

static int prefix_length(struct in_addr mask)
{
    return __builtin_popcount(mask.s_addr);
}

static const char *ipv4(struct in_addr address, char text[INET_ADDRSTRLEN])
{
    return inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
}

static const char *ipv6(const struct in6_addr *address, char text[INET6_ADDRSTRLEN])
{
    return inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}

static void add_dhcp(struct text *json, const SlirpConfig *config)
{
    char first[INET_ADDRSTRLEN];
    bool is_off = config->version >= 4 && config->disable_dhcp;
    add(json, ", \"dhcp\": { \"enabled\": %s", is_off ? "false" : "true");
    if (config->vdhcp_start.s_addr != 0)
        add(json, ", \"first\": \"%s\"", ipv4(config->vdhcp_start, first));
    if (config->vdomainname) {
        add(json, ", \"domain\": ");
        add_string(json, config->vdomainname);
    }
    if (config->vdnssearch && config->vdnssearch[0]) {
        add(json, ", \"search\": [");
        for (const char **name = config->vdnssearch; *name; name++) {
            add(json, name == config->vdnssearch ? "" : ", ");
            add_string(json, *name);
        }
        add(json, "]");
    }
    add(json, " }");
}

static void add_ipv6(struct text *json, const SlirpConfig *config)
{
    char prefix[INET6_ADDRSTRLEN], gateway[INET6_ADDRSTRLEN], host[INET6_ADDRSTRLEN];
    if (!config->in6_enabled) {
        add(json, ", \"ipv6\": { \"mode\": \"off\" }");
        return;
    }
    add(json,
        ", \"ipv6\": { \"mode\": \"auto\", \"prefix\": \"%s/%d\", \"gateway\": \"%s\", "
        "\"hostAliasAddress\": \"%s\" }",
        ipv6(&config->vprefix_addr6, prefix), config->vprefix_len,
        ipv6(&config->vnameserver6, gateway), ipv6(&config->vhost6, host));
}

int shim_configure(const SlirpConfig *config, char *buffer, size_t size)
{
    char network[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN], host[INET_ADDRSTRLEN];
    struct text json = {buffer, size};
    struct in_addr masked = {config->vnetwork.s_addr & config->vnetmask.s_addr};
    if (config->restricted) {
        shim_say(NULL, "restrict=on is not carried over; leave it out, or keep libslirp");
        return -1;
    }
    if (!config->in_enabled) {
        shim_say(NULL, "ipv4=off is not carried over; leave it out, or keep libslirp");
        return -1;
    }
    if (config->tftp_path || config->bootfile)
        shim_say(NULL, "tftp and bootfile are not carried over: the guest cannot boot by them");
    add(&json, "{ \"subnet\": \"%s/%d\", \"gateway\": \"%s\", ", ipv4(masked, network),
        prefix_length(config->vnetmask), ipv4(config->vnameserver, gateway));
    if (config->disable_host_loopback)
        add(&json, "\"hostAlias\": false");
    else
        add(&json, "\"hostAliasAddress\": \"%s\"", ipv4(config->vhost, host));
    if (config->if_mtu != 0)
        add(&json, ", \"mtu\": %zu", config->if_mtu);
    add_dhcp(&json, config);
    add_ipv6(&json, config);
    add(&json, " }");
    if (json.left == 0) {
        shim_say(NULL, "the settings are longer than %zu bytes; shorten the search list", size);
        return -1;
    }
    return 0;
}
