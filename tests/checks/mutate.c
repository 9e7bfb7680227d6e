/*
 * Sends mutated frames of captures, as fast as the link's reader takes them.
 *
 * usage: mutate INTERFACE GATEWAY_MAC GUEST COUNT SEED CAPTURE...
 *
 * Each frame is one of the captures' (classic pcap: Ethernet, or raw IP that is given a header),
 * as it is or re-addressed to one of the engine's addresses with right checksums, so that it passes
 * the first checks; then up to six bytes are changed, or it is cut, or grown. The sequence depends
 * on SEED alone. Prints what was sent, and what the link dropped because its reader was behind.
 *
 * Build: cc -O2 -Wall -Wextra -o mutate mutate.c
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAMES_MAX 65536
#define LENGTH_MAX 1514
#define BATCH 64

static struct { uint8_t *bytes; unsigned length; } frames[FRAMES_MAX];
static unsigned frame_count;
static uint64_t state;
static uint8_t guest_mac[6], gateway_mac[6];
static uint32_t guest;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static uint32_t read32(const uint8_t *at, int swapped)
{
    uint32_t value;
    memcpy(&value, at, 4);
    return swapped ? __builtin_bswap32(value) : value;
}

static void add(const uint8_t *bytes, unsigned length, int whole)
{
    unsigned head = whole ? 0 : 14;
    if (frame_count == FRAMES_MAX || length == 0 || (whole && length < 14))
        return;
    if (length + head > LENGTH_MAX)
        length = LENGTH_MAX - head;
    uint8_t *copy = calloc(1, LENGTH_MAX);
    memcpy(copy + head, bytes, length);
    if (!whole)
        memcpy(copy + 12, bytes[0] >> 4 == 6 ? "\x86\xdd" : "\x08\x00", 2);
    frames[frame_count].bytes = copy;
    frames[frame_count++].length = length + head;
}

static void load(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return;
    static uint8_t bytes[16 << 20];
    size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    uint32_t magic = length < 24 ? 0 : read32(bytes, 0);
    int swapped = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
    if (!swapped && magic != 0xa1b2c3d4 && magic != 0xa1b23c4d)
        return;
    int whole = (read32(bytes + 20, swapped) & 0xffff) == 1;
    for (size_t at = 24; at + 16 <= length;) {
        uint32_t size = read32(bytes + at + 8, swapped);
        at += 16;
        if (size > length - at)
            return;
        add(bytes + at, size, whole);
        at += size;
    }
}

static uint32_t sum(const uint8_t *at, unsigned length, uint32_t start)
{
    for (; length > 1; at += 2, length -= 2)
        start += at[0] << 8 | at[1];
    return length ? start + (at[0] << 8) : start;
}

static uint16_t folded(uint32_t value)
{
    while (value >> 16)
        value = (value & 0xffff) + (value >> 16);
    return htons(~value & 0xffff);
}

/* Right checksums for IPv4, and for the TCP, UDP or ICMP in it. */
static void seal(uint8_t *ip, unsigned length)
{
    unsigned head = (ip[0] & 15) * 4;
    if (head < 20 || head > length)
        return;
    memset(ip + 10, 0, 2);
    uint16_t value = folded(sum(ip, head, 0));
    memcpy(ip + 10, &value, 2);
    unsigned total = ip[2] << 8 | ip[3], field = ip[9] == 6 ? 16 : ip[9] == 17 ? 6 : 2;
    if (total > length || total < head + field + 2 || (ip[9] != 1 && ip[9] != 6 && ip[9] != 17))
        return;
    uint8_t *inner = ip + head;
    memset(inner + field, 0, 2);
    uint32_t pseudo = ip[9] == 1 ? 0 : sum(ip + 12, 8, ip[9] + total - head);
    value = folded(sum(inner, total - head, pseudo));
    memcpy(inner + field, &value, 2);
}

static void seal6(uint8_t *ip, unsigned length)
{
    unsigned size = ip[4] << 8 | ip[5], field = ip[6] == 6 ? 16 : ip[6] == 17 ? 6 : 2;
    if (size + 40 > length || size < field + 2 || (ip[6] != 58 && ip[6] != 6 && ip[6] != 17))
        return;
    memset(ip + 40 + field, 0, 2);
    uint16_t value = folded(sum(ip + 40, size, sum(ip + 8, 32, ip[6] + size)));
    memcpy(ip + 40 + field, &value, 2);
}

static void address(uint8_t *frame, unsigned length, int kind)
{
    static const uint8_t targets[][4] = {
        {192, 168, 127, 1}, {192, 168, 127, 254}, {10, 91, 0, 1}, {255, 255, 255, 255},
        {224, 0, 0, 251}, {192, 168, 127, 3}};
    static const uint8_t targets6[][16] = {
        {0xfd, 0x5a, 0x94, 0xef, 0xe4, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
        {0xfd, 0x5a, 0x94, 0xef, 0xe4, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe},
        {0xfd, 0x91, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
        {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
        {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
    memcpy(frame, gateway_mac, 6);
    memcpy(frame + 6, guest_mac, 6);
    if (kind == 4 && length >= 34) {
        memcpy(frame + 26, &guest, 4);
        memcpy(frame + 30, targets[next() % 6], 4);
    } else if (kind == 6 && length >= 54) {
        memcpy(frame + 22, "\xfd\x5a\x94\xef\xe4\x0c\0\0\0\0\0\0\0\0\0\2", 16);
        memcpy(frame + 38, targets6[next() % 5], 16);
    }
}

static void change(uint8_t *frame, unsigned *length)
{
    static const uint8_t values[] = {0, 1, 127, 128, 255};
    for (unsigned left = next() % 7; left; left--) {
        unsigned reach = *length < 100 || next() % 4 == 0 ? *length : 100;
        unsigned at = 12 + next() % (reach > 12 ? reach - 12 : 1);
        frame[at] = next() % 2 ? values[next() % 5] : (uint8_t)next();
    }
    if (next() % 5 == 0)
        *length = 1 + next() % *length;
    else if (next() % 50 == 0)
        *length = LENGTH_MAX;
}

static unsigned make(uint8_t *frame)
{
    unsigned which = next() % frame_count, length = frames[which].length, mode = next() % 8;
    memcpy(frame, frames[which].bytes, LENGTH_MAX);
    int type = frame[12] << 8 | frame[13], kind = type == 0x800 ? 4 : type == 0x86dd ? 6 : 0;
    if (mode == 0) {
        change(frame, &length); /* with the addresses that it had */
        return length < 14 ? 14 : length;
    }
    address(frame, length, kind);
    if (mode != 1)
        change(frame, &length);
    if (length < 14)
        length = 14;
    if (mode >= 3 && kind == 4 && length >= 34)
        seal(frame + 14, length - 14);
    if (mode >= 3 && kind == 6 && length >= 54)
        seal6(frame + 14, length - 14);
    return length;
}

static long dropped(const char *interface)
{
    char line[512], *colon;
    long packets = 0, drop = 0;
    FILE *file = fopen("/proc/net/dev", "r");
    while (file && fgets(line, sizeof line, file))
        if ((colon = strchr(line, ':')) && strstr(line, interface))
            sscanf(colon + 1, "%*d %*d %*d %*d %*d %*d %*d %*d %*d %ld %*d %ld", &packets, &drop);
    if (file)
        fclose(file);
    return drop;
}

int main(int count, char **words)
{
    if (count < 7)
        return fprintf(stderr, "usage: mutate INTERFACE MAC GUEST COUNT SEED CAPTURE...\n"), 2;
    const char *interface = words[1];
    sscanf(words[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", gateway_mac, gateway_mac + 1, gateway_mac + 2,
           gateway_mac + 3, gateway_mac + 4, gateway_mac + 5);
    guest = inet_addr(words[3]);
    long total = atol(words[4]), sent = 0, refused = 0, before = dropped(interface);
    state = strtoull(words[5], NULL, 0) * 2685821657736338717ull + 1;
    for (int i = 6; i < count; i++)
        load(words[i]);
    if (!frame_count)
        return fprintf(stderr, "mutate: no frames in the captures\n"), 2;

    int link = socket(AF_PACKET, SOCK_RAW, 0); /* of no protocol: hears nothing */
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(interface)};
    struct ifreq request = {0};
    strncpy(request.ifr_name, interface, IFNAMSIZ - 1);

    if (link < 0 || bind(link, (void *)&to, sizeof to) || ioctl(link, SIOCGIFHWADDR, &request))
        return perror("mutate"), 2;
    memcpy(guest_mac, request.ifr_hwaddr.sa_data, 6);

    struct timespec start, end, nap = {0, 200000};
    clock_gettime(CLOCK_MONOTONIC, &start);
    static uint8_t bytes[BATCH][LENGTH_MAX];
    long last = before;
    while (sent + refused < total) {
        struct mmsghdr messages[BATCH] = {0};
        struct iovec parts[BATCH];
        for (int i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){bytes[i], make(bytes[i])};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        for (int at = 0; at < BATCH;) {
            int took = sendmmsg(link, messages + at, BATCH - at, 0);
            if (took > 0) {
                at += took, sent += took;
            } else if (errno == ENETDOWN || errno == ENXIO || errno == ENODEV) {
                return printf("link lost after %ld frames\n", sent), 1;
            } else if (errno == ENOBUFS || errno == EAGAIN) {
                nanosleep(&nap, NULL);
            } else {
                at++, refused++;
            }
        }
        if (sent / BATCH % 4 == 0) { /* paced by what the reader has not taken */
            long now = dropped(interface);
            nap.tv_nsec = now > last ? 2000000 : 50000;
            last = now;
            nanosleep(&nap, NULL);
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%ld frames of %u captured sent in %.0f s, %ld dropped by the link\n", sent,
           frame_count, end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9,
           dropped(interface) - before);
    return 0;
}
