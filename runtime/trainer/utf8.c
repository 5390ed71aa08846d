/* utf8.c - characters of UTF-8. */
#include "utf8.h"

#include <stdbool.h>

size_t utf8_character(const char *text, size_t left, uint32_t *number)
{
    const unsigned char *byte = (const unsigned char *)text;
    const unsigned first = left > 0 ? *byte : 0xff;
    const size_t bytes = first < 0x80   ? 1
                         : first < 0xc2 ? 0
                         : first < 0xe0 ? 2
                         : first < 0xf0 ? 3
                         : first < 0xf5 ? 4
                                        : 0;
    if (bytes == 0 || bytes > left)
        return 0;
    uint32_t code = bytes == 1 ? first : first & (0x7fu >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (byte[i] & 0x3fu);
    }
    bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
    bool surrogate = code >= 0xd800 && code < 0xe000;
    if (overlong || surrogate || code > 0x10ffff)
        return 0;
    *number = code;
    return bytes;
}
