/* stm32l4xx_hal.h - what examples/embed/keep.c uses of the maker's header, so that it can be compiled here. */
#ifndef STM32L4XX_HAL_H
#define STM32L4XX_HAL_H

#include <stdint.h>

#define FLASH_BASE 0x08000000UL
#define FLASH_PAGE_SIZE 0x800U
#define FLASH_BANK_1 1U
#define FLASH_TYPEERASE_PAGES 0U
#define FLASH_TYPEPROGRAM_DOUBLEWORD 0U
#define FLASH_FLAG_ECCD 0x80000000U
#define __HAL_FLASH_GET_FLAG(flag) (board_flags & (flag))
#define __HAL_FLASH_CLEAR_FLAG(flag) (board_flags &= ~(flag))

typedef enum { HAL_OK, HAL_ERROR, HAL_BUSY, HAL_TIMEOUT } HAL_StatusTypeDef;

typedef struct {
    uint32_t TypeErase, Banks, Page, NbPages;
} FLASH_EraseInitTypeDef;

extern uint32_t board_flags;
HAL_StatusTypeDef HAL_FLASH_Unlock(void);
HAL_StatusTypeDef HAL_FLASH_Lock(void);
HAL_StatusTypeDef HAL_FLASH_Program(uint32_t TypeProgram, uint32_t Address, uint64_t Data);
HAL_StatusTypeDef HAL_FLASHEx_Erase(FLASH_EraseInitTypeDef *pEraseInit, uint32_t *PageError);

#endif
