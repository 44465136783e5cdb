export { type ChosenModels, chooseModels, ModelChoiceError } from './choose-models.ts';
export { type ModelRole, type RoleAnswer, roleOf, roleOfFile } from './role-of.ts';
