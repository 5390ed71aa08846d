/* Arduino.h - as much of it as the example of a package calls. */
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stdint.h>

/* Names of Arduino's own that an example must get along with. */
#define INPUT 0x0
#define OUTPUT 0x1
#define PI 3.1415926535897932384626433832795
#define min(a, b) ((a) < (b) ? (a) : (b))
#define abs(x) ((x) > 0 ? (x) : -(x))
#define F(text) (text)

struct Port {
    void begin(unsigned long);
    void print(char);
    void print(double, int = 2);
    void println();
};
extern Port Serial;

void delay(unsigned long);

#endif
