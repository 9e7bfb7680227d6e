// The internet checksum (RFC 1071) as a C compiler makes it: what the C# paths are measured
// against. Both return the complement as it lies in memory, so a little-endian caller swaps it.
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

static uint16_t finish(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

// The last bytes, of which there are fewer than a vector round has.
static uint64_t add_tail(const uint8_t *bytes, size_t length, uint64_t sum)
{
    for (; length >= 4; bytes += 4, length -= 4) {
        uint32_t word;
        memcpy(&word, bytes, sizeof word);
        sum += word;
    }
    if (length >= 2) {
        uint16_t half;
        memcpy(&half, bytes, sizeof half);
        sum += half;
        bytes += 2, length -= 2;
    }
    return length ? sum + *bytes : sum;
}

// A plain loop, which the compiler turns into vectors.
uint16_t checksum_plain(const uint8_t *bytes, size_t length)
{
    uint64_t sum = 0;
    size_t words = length / 4;
    for (size_t i = 0; i < words; i++) {
        uint32_t word;
        memcpy(&word, bytes + 4 * i, sizeof word);
        sum += word;
    }
    return finish(add_tail(bytes + 4 * words, length % 4, sum));
}

static __m256i halves(__m256i words)
{
    const __m256i low = _mm256_set1_epi64x(0xffffffff);
    return _mm256_add_epi64(_mm256_and_si256(words, low), _mm256_srli_epi64(words, 32));
}

static __m256i load(const uint8_t *bytes)
{
    return _mm256_loadu_si256((const __m256i *)bytes);
}

// Intrinsics, 128 bytes a round.
uint16_t checksum_avx2(const uint8_t *bytes, size_t length)
{
    __m256i first = _mm256_setzero_si256(), second = first;
    for (; length >= 128; bytes += 128, length -= 128) {
        first = _mm256_add_epi64(first, halves(load(bytes)));
        second = _mm256_add_epi64(second, halves(load(bytes + 32)));
        first = _mm256_add_epi64(first, halves(load(bytes + 64)));
        second = _mm256_add_epi64(second, halves(load(bytes + 96)));
    }
    for (; length >= 32; bytes += 32, length -= 32)
        first = _mm256_add_epi64(first, halves(load(bytes)));

    uint64_t lanes[4], sum;
    _mm256_storeu_si256((__m256i *)lanes, _mm256_add_epi64(first, second));
    // Each lane is far below 2^62 for any length that fits a packet.
    sum = lanes[0] + lanes[1] + lanes[2] + lanes[3];
    return finish(add_tail(bytes, length, sum));
}
