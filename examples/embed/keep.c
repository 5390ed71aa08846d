/* keep.c - a device that learns and may lose its power at any moment, on an STM32L4: the slots are two pages of 2 KiB
 * at the end of its flash, which is programmed in units of 8 bytes.
 *
 *     nnc net.yaml --target c --checkpoint -o circle.c */
#include "circle.h"

#include "stm32l4xx_hal.h"

enum { FIRST_PAGE = 254 };
#define SLOT(slot) (FLASH_BASE + (FIRST_PAGE + (unsigned)(slot)) * FLASH_PAGE_SIZE)

static int erase_slot(void *context, int slot)
{
    FLASH_EraseInitTypeDef pages = {
        .TypeErase = FLASH_TYPEERASE_PAGES, .Banks = FLASH_BANK_1, .Page = FIRST_PAGE + (unsigned)slot, .NbPages = 1};
    uint32_t bad_page;
    (void)context;
    HAL_FLASH_Unlock();
    HAL_StatusTypeDef status = HAL_FLASHEx_Erase(&pages, &bad_page);
    HAL_FLASH_Lock();
    return status != HAL_OK;
}

/* One unit at a time. */
static int write_unit(void *context, int slot, uint32_t offset, const void *data, uint32_t bytes)
{
    const uint64_t unit = *(const uint64_t *)data;
    (void)context;
    (void)bytes;
    HAL_FLASH_Unlock();
    HAL_StatusTypeDef status = HAL_FLASH_Program(FLASH_TYPEPROGRAM_DOUBLEWORD, (uint32_t)SLOT(slot) + offset, unit);
    HAL_FLASH_Lock();
    return status != HAL_OK;
}

/* This flash has ECC: who reads a unit whose programming was cut short comes here. What is read is then refused. */
void NMI_Handler(void)
{
    if (__HAL_FLASH_GET_FLAG(FLASH_FLAG_ECCD))
        __HAL_FLASH_CLEAR_FLAG(FLASH_FLAG_ECCD);
}

static const nnc_flash flash = {.slot = {(const void *)SLOT(0), (const void *)SLOT(1)},
                                .slot_bytes = FLASH_PAGE_SIZE,
                                .unit_bytes = 8,
                                .erase = erase_slot,
                                .write = write_unit};

typedef char slot_is_large_enough[CIRCLE_CHECKPOINT_BYTES(8) <= FLASH_PAGE_SIZE ? 1 : -1];

static circle_training net;

/* Of your program: waits for the next samples. */
void read_samples(float input[CIRCLE_BATCH * CIRCLE_INPUT], int32_t target[CIRCLE_BATCH]);

void learn(void)
{
    static float input[CIRCLE_BATCH * CIRCLE_INPUT];
    static int32_t target[CIRCLE_BATCH];
    if (circle_restore(&net, &flash) != NNC_FLASH_OK)
        circle_initialize(&net, 1);
    for (;;) {
        read_samples(input, target);
        circle_train(&net, input, target);
        if (net.step % 500 == 0)
            (void)circle_save(&net, &flash);
    }
}
